/**
 * The database's tables, as one script. Times are milliseconds since 1970 by the clock of the outbox, see
 * `clock.ts`. `SCHEMA_VERSION` stands in `PRAGMA user_version`; a database with a higher one is left alone.
 */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
	-- Single values, such as the last settings of the outbox that were right.
	CREATE TABLE meta (
		key TEXT PRIMARY KEY,
		value TEXT NOT NULL
	) STRICT, WITHOUT ROWID;

	-- id: never given again. settings: JSON; of an endpoint in the configuration file only what may be
	-- shown, as its URL and headers may hold secrets. registrant: who made it over the API. leased_until:
	-- when it is removed unless it is registered again.
	CREATE TABLE endpoints (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		name TEXT NOT NULL,
		kind TEXT NOT NULL CHECK (kind IN ('webhook', 'connection', 'callback')),
		origin TEXT NOT NULL CHECK (origin IN ('config', 'api', 'callback')),
		registrant TEXT,
		settings TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		paused_at INTEGER,
		disabled_at INTEGER,
		disabled_reason TEXT,
		faulty_at INTEGER,
		fault TEXT,
		expired_at INTEGER,
		leased_until INTEGER,
		removed_at INTEGER
	) STRICT;
	CREATE UNIQUE INDEX endpoints_by_name ON endpoints (name) WHERE removed_at IS NULL AND kind <> 'callback';

	-- until: of a secret that another one has replaced, when it ends. NULL: the current one.
	CREATE TABLE endpoint_secrets (
		id INTEGER PRIMARY KEY,
		endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
		secret TEXT NOT NULL,
		until INTEGER
	) STRICT;
	CREATE INDEX secrets_by_endpoint ON endpoint_secrets (endpoint_id);

	-- How deliveries to an endpoint went. failing_since: of the first failure after the last success;
	-- failing_day: the same in days that a jump of the clock moves by one only. is_failing_told: whether
	-- its owner was told.
	CREATE TABLE endpoint_health (
		endpoint_id INTEGER PRIMARY KEY REFERENCES endpoints(id) ON DELETE CASCADE,
		failures INTEGER NOT NULL DEFAULT 0,
		failing_since INTEGER,
		failing_day INTEGER,
		is_failing_told INTEGER NOT NULL DEFAULT 0,
		open_until INTEGER,
		held_until INTEGER,
		hold_reason TEXT,
		last_success_at INTEGER,
		last_failure_at INTEGER,
		last_error TEXT,
		last_warning TEXT
	) STRICT;

	-- One row. day: days that history has aged, counted so that no jump of the system's clock moves it by more
	-- than one. elapsed: milliseconds of the present day. seen_at: by the system's clock.
	CREATE TABLE clock (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		day INTEGER NOT NULL,
		elapsed INTEGER NOT NULL,
		seen_at INTEGER NOT NULL
	) STRICT;
	INSERT INTO clock VALUES (1, 1, 0, 0);

	-- Receivers that fetch: who does so, since when, and for how long nobody has, by the gateway's own time.
	CREATE TABLE connections (
		endpoint_id INTEGER PRIMARY KEY REFERENCES endpoints(id) ON DELETE CASCADE,
		consumer TEXT,
		address TEXT,
		since INTEGER,
		unfetched_ms INTEGER NOT NULL DEFAULT 0
	) STRICT;

	-- Each index costs a hook some 2 µs for each event, so there is one for two questions: by type, and by id,
	-- which is looked for among the types that there are. body: what its endpoints see of it, all together;
	-- NULL once none of them wants it to be kept.
	CREATE TABLE events (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL,
		type TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		body TEXT,
		UNIQUE (type, id)
	) STRICT;

	-- Files that came with an event, by their place among them. path: where the gateway keeps it, which
	-- nobody is told; NULL: it was not there yet.
	CREATE TABLE attachments (
		event_seq INTEGER NOT NULL REFERENCES events(seq) ON DELETE CASCADE,
		place INTEGER NOT NULL,
		path TEXT,
		content_type TEXT,
		file_name TEXT,
		PRIMARY KEY (event_seq, place)
	) STRICT, WITHOUT ROWID;

	-- id: never used again, as the newest delivery is never deleted.
	-- tries: of those that may be made. attempts: requests made, probes of an endpoint that is down and
	-- the ones before a replay among them. generation: goes up with each replay, so that an attempt that
	-- was under way meanwhile does not settle it. url: where to, when it is not the endpoint's own.
	-- secret: alone signs this delivery; forgotten once it is delivered. signer_id: endpoint whose secrets
	-- sign a callback. is_provisional: kept for an endpoint whose settings cannot be used, so that its filter
	-- has yet to be asked. is_body_kept: 0 once it was delivered to an endpoint that wants its body to be
	-- dropped then.
	-- consumer, run: who has fetched it, and the execution it became there. queued_day, settled_day: by the
	-- table clock.
	CREATE TABLE deliveries (
		id INTEGER PRIMARY KEY,
		event_seq INTEGER NOT NULL REFERENCES events(seq) ON DELETE CASCADE,
		endpoint_id INTEGER NOT NULL REFERENCES endpoints(id),
		url TEXT,
		secret TEXT,
		signer_id INTEGER,
		state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
		is_provisional INTEGER NOT NULL DEFAULT 0,
		is_body_kept INTEGER NOT NULL DEFAULT 1,
		generation INTEGER NOT NULL DEFAULT 0,
		tries INTEGER NOT NULL DEFAULT 0,
		attempts INTEGER NOT NULL DEFAULT 0,
		created_at INTEGER NOT NULL,
		next_at INTEGER NOT NULL,
		queued_day INTEGER NOT NULL DEFAULT 0,
		settled_at INTEGER,
		settled_day INTEGER,
		last_status INTEGER,
		last_duration_ms INTEGER,
		last_error TEXT,
		consumer TEXT,
		run TEXT
	) STRICT;
	CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, next_at) WHERE state = 'pending' AND tries > 0;
	CREATE INDEX deliveries_settled ON deliveries (state, settled_at, endpoint_id) WHERE state <> 'pending';
	CREATE INDEX deliveries_by_day ON deliveries (settled_day) WHERE settled_day IS NOT NULL;
	CREATE INDEX deliveries_by_event ON deliveries (event_seq);
	CREATE INDEX deliveries_by_state ON deliveries (state, endpoint_id, tries > 0);

	CREATE TABLE attempts (
		id INTEGER PRIMARY KEY,
		delivery_id INTEGER NOT NULL REFERENCES deliveries(id) ON DELETE CASCADE,
		number INTEGER NOT NULL,
		started_at INTEGER NOT NULL,
		duration_ms INTEGER NOT NULL,
		status INTEGER,
		error TEXT,
		response TEXT
	) STRICT;
	CREATE INDEX attempts_by_delivery ON attempts (delivery_id);

	CREATE TABLE sessions (
		session_key TEXT PRIMARY KEY,
		first_seen_at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;

	-- endpoints: JSON list of inbound endpoints that it is bound to; NULL for all.
	CREATE TABLE tokens (
		id TEXT PRIMARY KEY,
		name TEXT NOT NULL,
		hash BLOB NOT NULL UNIQUE,
		scopes TEXT NOT NULL,
		endpoints TEXT,
		created_at INTEGER NOT NULL,
		expires_at INTEGER,
		last_used_at INTEGER
	) STRICT;

	-- caller: id of the token that it came with; 'sender:' and a kind of sender for a call that was signed.
	-- is_canceled: whether somebody wants its run to end, which takes a moment where it is at work.
	CREATE TABLE inbound_messages (
		seq INTEGER PRIMARY KEY,
		run_id TEXT NOT NULL UNIQUE,
		caller TEXT NOT NULL DEFAULT '',
		endpoint TEXT NOT NULL,
		agent_id TEXT NOT NULL,
		session_key TEXT NOT NULL,
		message TEXT NOT NULL,
		prompt TEXT NOT NULL,
		missing_paths TEXT NOT NULL,
		request_key TEXT UNIQUE,
		request_hash BLOB,
		options TEXT NOT NULL DEFAULT '{}',
		state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
		tries INTEGER NOT NULL DEFAULT 0,
		starts INTEGER NOT NULL DEFAULT 0,
		created_at INTEGER NOT NULL,
		next_at INTEGER NOT NULL,
		ended_at INTEGER,
		ended_day INTEGER,
		result TEXT,
		is_canceled INTEGER NOT NULL DEFAULT 0
	) STRICT;
	CREATE INDEX inbound_open ON inbound_messages (session_key, seq) WHERE ended_at IS NULL;
	CREATE INDEX inbound_ended ON inbound_messages (ended_day) WHERE ended_day IS NOT NULL;

	-- Calls that were refused, or led to nothing by a condition of their endpoint (code 'filtered'): what an operator
	-- needs to help the caller, without body or token.
	-- Equal ones within a minute are one row: at of the first, last_at of the last, count of all.
	CREATE TABLE inbound_refusals (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		last_at INTEGER NOT NULL,
		day INTEGER NOT NULL,
		count INTEGER NOT NULL,
		endpoint TEXT NOT NULL,
		address TEXT NOT NULL,
		status INTEGER NOT NULL,
		code TEXT NOT NULL,
		reason TEXT NOT NULL
	) STRICT;

	-- Tool calls that wait for a decision (decision IS NULL), or had one. data: JSON, what approval.requested
	-- told. via: how the decision came: id of a token, 'cli', 'dashboard'; NULL where nobody has decided, and cause
	-- says why. decided_key: names the request that has decided, so that it may be repeated.
	CREATE TABLE approvals (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		data TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		expires_at INTEGER NOT NULL,
		decision TEXT CHECK (decision IN ('allow', 'deny')),
		cause TEXT,
		decided_by TEXT,
		reason TEXT,
		via TEXT,
		decided_key TEXT,
		decided_at INTEGER,
		decided_day INTEGER
	) STRICT;
	CREATE INDEX approvals_waiting ON approvals (seq) WHERE decision IS NULL;
	CREATE INDEX approvals_by_day ON approvals (decided_day) WHERE decided_day IS NOT NULL;

	-- Questions of workflows to people. code: by which the answer names it. caller, request_key: of the request that has
	-- asked. data: JSON: message, chat, who may answer. callback: JSON: where the answer goes, without its secret once it
	-- has gone. asked_at: NULL until the chat has it. created_day: by the table clock.
	CREATE TABLE reviews (
		id TEXT PRIMARY KEY,
		code TEXT NOT NULL UNIQUE,
		caller TEXT NOT NULL,
		request_key TEXT,
		data TEXT NOT NULL,
		callback TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		created_day INTEGER NOT NULL,
		expires_at INTEGER NOT NULL,
		asked_at INTEGER,
		decision TEXT CHECK (decision IN ('approve', 'deny')),
		decided_by TEXT,
		UNIQUE (caller, request_key)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX reviews_by_day ON reviews (created_day);
`;

/** The types of the events that are kept; the index is asked for the next one after each one found. */
const KEPT_TYPES = `WITH RECURSIVE kept (type) AS (
		SELECT min(type) FROM events
		UNION ALL
		SELECT (SELECT min(type) FROM events WHERE type > kept.type) FROM kept WHERE kept.type IS NOT NULL
	)
	SELECT type FROM kept WHERE type IS NOT NULL`;

/**
 * The condition that the table `e` is the event with a given id, as a part of SQL. One index serves types and
 * ids, as a hook waits for each page that its event is written to; by id alone it is asked under each type.
 *
 * @param ids what the id is compared with
 * @example
 * database.prepare(`SELECT seq FROM events e WHERE ${hasId('= ?')}`).get('evt_…');
 */
export function hasId(ids: string): string {
	return `e.type IN (${KEPT_TYPES}) AND e.id ${ids}`;
}
