import { FILTER_KEYS, FILTERED_FIELDS } from '../protocol';
import type { EventData, EventFilter, PrivacyConfig } from '../protocol';
import { openAttachmentTable, shownFiles } from '../outbox/attachments';
import type { ConfiguredEndpoint } from '../settings/settings';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { createSubscription, maskUrl } from './endpoint';
import type { EndpointRecord, EndpointSettings } from './endpoint';
import { openEndpointTable } from './endpointTable';
import type { EndpointTable } from './endpointTable';
import { isHidden, showBody, viewOf, viewOfSettings } from './privacy';
import type { View } from './privacy';

/** What is applied, and to which database. */
export interface AppliedSettings {
	readonly database: Database;
	readonly configured: readonly ConfiguredEndpoint[];
	/** Whether each endpoint that is written in the file is among them. */
	readonly isComplete: boolean;
	/** Which gateway events come from. */
	readonly instanceId: string;
	/** Milliseconds since 1970. */
	readonly now: number;
}

const TAKEN =
	"An endpoint of this name was made over the API. Give this one another name, or remove that one with 'openclaw event-webhooks endpoints remove'";

/**
 * Makes the database know the endpoints of the configuration file: new ones get an id, those that are gone
 * are removed with a minute of grace, and one whose settings cannot be used becomes faulty. What was kept
 * while it was faulty and does not match the mended settings is dropped: it should never have been kept.
 *
 * @returns the id of each endpoint, by its position in the file
 * @throws what the database throws; nothing has changed then
 */
export function applyConfigured(settings: AppliedSettings): ReadonlyMap<number, number> {
	const { database, configured, isComplete, now } = settings;
	const table = openEndpointTable(database);
	return inTransaction(database, () => {
		const ids = new Map<number, number>();
		const known = table.listCurrent(now).filter(({ origin }) => origin === 'config');
		const free = new Map(known.map((record) => [record.id, record] as const));
		const wanted = configured.map((entry) => describe(entry, table));
		// Those that keep their name first, so that none is taken for another one's new name.
		for (const isByName of [true, false]) {
			for (const entry of wanted) {
				if (ids.has(entry.position)) continue;
				const record = isByName
					? findNamed(entry, free)
					: (findAtPosition(entry, free) ?? table.insert(newEndpoint(entry), now));
				if (record === undefined) continue;
				free.delete(record.id);
				ids.set(entry.position, record.id);
				adopt(entry, record, table, settings);
			}
		}
		for (const { id, lifecycle } of free.values()) {
			// One that is missing may only be unreadable.
			if (isComplete && lifecycle.state !== 'removed') table.setRemoved(id, now);
		}
		return ids;
	});
}

/** An entry of the file as the database is to know it. */
interface Wanted {
	readonly position: number;
	readonly name: string;
	readonly kind: 'webhook' | 'connection';
	readonly settings: EndpointSettings;
	/** Why it cannot be used; undefined when it can. */
	readonly fault: string | undefined;
}

/** An endpoint whose own name cannot be used is called by its place in the file. */
function placeName(position: number): string {
	return `endpoints[${String(position)}]`;
}

function describe(entry: ConfiguredEndpoint, table: EndpointTable): Wanted {
	const { position } = entry;
	const name = entry.kind === 'usable' ? entry.config.name : entry.name;
	const namesake = table.findByName(name);
	const isTaken = namesake !== undefined && namesake.origin !== 'config';
	if (entry.kind === 'faulty') {
		const { reason, url, subscription } = entry;
		return {
			position,
			name: isTaken ? placeName(position) : name,
			kind: 'webhook',
			settings: { ...subscription, ...(url === undefined ? {} : { url: maskUrl(url) }) },
			fault: reason,
		};
	}
	const { url, headers = {}, secret, kind = 'webhook', ...rest } = entry.config;
	const shown: Record<string, unknown> = {
		...rest,
		isSigned: secret !== undefined,
		headerNames: Object.keys(headers),
	};
	Reflect.deleteProperty(shown, 'name');
	return {
		position,
		name: isTaken ? placeName(position) : name,
		kind,
		settings: {
			...(shown as unknown as EndpointSettings),
			...(url === undefined ? {} : { url: maskUrl(url) }),
		},
		fault: isTaken ? TAKEN : undefined,
	};
}

function newEndpoint({ name, kind, settings }: Wanted) {
	return { name, kind, origin: 'config' as const, settings };
}

/** One that was removed a moment ago goes on if it still leads to the same place. */
function findNamed(
	{ name, settings }: Wanted,
	free: ReadonlyMap<number, EndpointRecord>,
): EndpointRecord | undefined {
	return [...free.values()].findLast(
		(record) =>
			record.name === name &&
			(record.lifecycle.state !== 'removed' || record.settings.url === settings.url),
	);
}

/** One that had no name of its own so far is at the same place in the file. */
function findAtPosition(
	{ position }: Wanted,
	free: ReadonlyMap<number, EndpointRecord>,
): EndpointRecord | undefined {
	const found = [...free.values()].find(({ name }) => name === placeName(position));
	return found?.lifecycle.state === 'removed' ? undefined : found;
}

function adopt(
	{ name, settings, fault }: Wanted,
	record: EndpointRecord,
	table: EndpointTable,
	{ database, instanceId, now }: AppliedSettings,
): void {
	const { id, lifecycle } = record;
	if (lifecycle.state === 'removed') table.revive(id, now);
	// What a faulty endpoint takes is what could be read of its settings: that of the last good ones else.
	const before = record.settings.privacy;
	const kept = fault === undefined ? settings : { ...settings, ...withLastGood(settings, before) };
	table.update(id, { settings: kept, name }, now);
	table.setFaulty(id, fault === undefined ? undefined : { since: now, reason: fault });
	if (fault === undefined) confirmProvisional(database, id, settings, instanceId, viewOf(before));
}

/** A path that was mistyped is one that could be read before: until it is mended, both are heeded. */
function withLastGood(
	{ privacy = {} }: EndpointSettings,
	before: PrivacyConfig | undefined,
): { readonly privacy?: PrivacyConfig } {
	if (before === undefined) return {};
	const join = (key: 'omit' | 'redact') => [
		...new Set([...(privacy[key] ?? []), ...(before[key] ?? [])]),
	];
	return { privacy: { ...before, ...privacy, omit: join('omit'), redact: join('redact') } };
}

/** The lists that can still be asked about an event that was kept for a view. */
function askable(filter: EventFilter, view: View | undefined): EventFilter {
	const keys = FILTER_KEYS.filter(
		(key) => !FILTERED_FIELDS[key].some((path) => isHidden(view, ['data', ...path])),
	);
	return Object.fromEntries(
		keys.flatMap((key) => (filter[key] === undefined ? [] : [[key, filter[key]] as const])),
	);
}

/**
 * Lets go what was kept for a faulty endpoint. Of what was not even kept no filter can be asked again: it
 * was heeded when the event happened.
 */
function confirmProvisional(
	database: Database,
	id: number,
	settings: EndpointSettings,
	instanceId: string,
	view: View | undefined,
): void {
	const provisional = database
		.prepare(
			`SELECT d.id, d.event_seq, e.type, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq
			WHERE d.endpoint_id = ? AND d.state = 'pending' AND d.is_provisional = 1`,
		)
		.all(id);
	if (provisional.length === 0) return;
	const filter = askable(settings.filter ?? {}, view);
	const matches = createSubscription({ ...settings, filter });
	const narrow = createNarrowing(database);
	const drop = database.prepare('DELETE FROM deliveries WHERE id = ?');
	const dropEvent = database.prepare(
		`DELETE FROM events WHERE seq = ?
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_seq = events.seq)`,
	);
	for (const row of provisional) {
		const { data } = JSON.parse(String(row.body)) as { data: EventData };
		if (matches(String(row.type), data, instanceId)) {
			narrow(Number(row.event_seq), String(row.body));
			continue;
		}
		drop.run(row.id ?? null);
		dropEvent.run(row.event_seq ?? null);
	}
	database
		.prepare("UPDATE deliveries SET is_provisional = 0 WHERE endpoint_id = ? AND state = 'pending'")
		.run(id);
}

/** Forgets what nobody who takes an event sees of it, now that all settings can be used. */
function createNarrowing(database: Database): (event: number, body: string) => void {
	const takers = database.prepare(
		`SELECT p.settings FROM endpoints p
		WHERE p.id IN (SELECT endpoint_id FROM deliveries WHERE event_seq = ?)`,
	);
	const update = database.prepare('UPDATE events SET body = ? WHERE seq = ?');
	const attachments = openAttachmentTable(database);
	return (event, body) => {
		const views = takers.all(event).map(({ settings }) => viewOfSettings(settings));
		const narrowed = showBody(body, views);
		if (narrowed === body) return;
		update.run(narrowed, event);
		const files = attachments.list(event);
		attachments.forget(event);
		attachments.add(event, shownFiles(narrowed, files));
	};
}
