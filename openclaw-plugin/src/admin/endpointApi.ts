import { formatEndpointId, maskUrl, secretId } from '../endpoints/endpoint';
import type { EndpointRecord, EndpointSettings, Outcome, Refused } from '../endpoints/endpoint';
import { describeHealth } from '../endpoints/endpointHealth';
import type { EndpointHealth } from '../endpoints/endpointHealth';
import { openEndpointTable } from '../endpoints/endpointTable';
import type { EndpointManager } from '../endpoints/manage';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import type { Database } from '../store/databaseAccess';
import type { HolderCheck } from './holder';

/** What a request led to. */
export interface Done {
	readonly status: 200 | 201 | 202;
	readonly body: Readonly<Record<string, unknown>>;
	/** For the log; undefined when nothing was changed. */
	readonly deed?: string;
}

/** What a path does with each of its methods. */
export type Methods = Readonly<
	Record<string, (body: unknown) => Checked<Done> | Promise<Checked<Done>>>
>;

export interface EndpointApiParts {
	readonly database: Database;
	readonly manager: EndpointManager;
	/** Whether somebody else uses an endpoint. */
	readonly holders: HolderCheck;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** HTTP's word for each refusal. */
const STATUSES: Readonly<Record<Refused['code'], number>> = {
	'unknown-endpoint': 404,
	'endpoint-exists': 409,
	'set-in-configuration': 409,
	'callback-queue': 409,
	'invalid-endpoint': 400,
	'private-host': 400,
	'other-registrant': 409,
	'too-many-endpoints': 409,
	'endpoint-not-active': 409,
	'nothing-selected': 400,
	'body-not-kept': 409,
	'not-signed': 409,
	'kept-elsewhere': 409,
};

/** Answers for what the use cases refuse. */
export function toChecked<Value>(outcome: Outcome<Value>): Checked<Value> {
	if (outcome.ok) return outcome;
	return refuse({ status: STATUSES[outcome.refused.code], ...outcome.refused });
}

/**
 * What the API can do below `/endpoints`. Everything may throw what the database throws.
 *
 * - `GET /endpoints`, `GET /endpoints/{name}`
 * - `POST /endpoints` adds, `PUT /endpoints/{name}` makes or replaces, `PATCH` changes, `DELETE` removes; the last
 *   with `?url=` only where no other n8n answers at the URL that is registered
 * - `POST /endpoints/{name}/test`, `…/rotate`, `…/enable`, `…/disable`, `…/pause`, `…/resume`, `…/purge`
 *
 * @returns a function that finds the methods of a path; undefined where there is none
 */
export function createEndpointApi({
	database,
	manager,
	holders,
	now,
}: EndpointApiParts): (segments: readonly string[], query: URLSearchParams) => Methods | undefined {
	const view = (record: EndpointRecord) => viewAll([record])[0];
	const viewAll = (records: readonly EndpointRecord[]) => {
		const health = new Map(
			describeHealth(database, now()).endpoints.map((one) => [one.id, one] as const),
		);
		const secrets = openEndpointTable(database).allSecrets(now());
		return records.map((record) => {
			const known = secrets.get(record.id);
			return viewEndpoint(record, health.get(formatEndpointId(record.id)), {
				current: known?.current[0],
				retiring: known?.retiring.length ?? 0,
			});
		});
	};
	const done = <Value>(
		outcome: Outcome<Value>,
		describe: (value: Value) => Done,
	): Checked<Done> => {
		const checked = toChecked(outcome);
		return checked.ok ? { ok: true, value: describe(checked.value) } : checked;
	};
	const registered = (outcome: ReturnType<EndpointManager['put']>) =>
		done(outcome, ({ endpoint, isNew, secret }) => ({
			status: isNew ? 201 : 200,
			body: {
				created: isNew,
				...(secret === undefined ? {} : { secret }),
				endpoint: view(endpoint),
			},
			deed: `endpoint '${endpoint.name}' was ${isNew ? 'created' : 'changed'}`,
		}));
	const stateChanged = (outcome: Outcome<EndpointRecord>, what: string) =>
		done(outcome, (endpoint) => ({
			status: 200,
			body: { endpoint: view(endpoint) },
			deed: `endpoint '${endpoint.name}' was ${what}`,
		}));
	const removed = (name: string): Checked<Done> => {
		const outcome = manager.remove(name);
		if (!outcome.ok && outcome.refused.code === 'unknown-endpoint') {
			// Whoever deletes twice, or after somebody else, has what he wanted.
			return { ok: true, value: { status: 200, body: { deleted: false } } };
		}
		return done(outcome, ({ endpoint, waiting }) => ({
			status: 200,
			body: { deleted: true, waiting },
			deed: `endpoint '${endpoint.name}' was removed`,
		}));
	};

	const whole: Methods = {
		GET: () => {
			const records = openEndpointTable(database)
				.listCurrent(now())
				.filter(({ lifecycle }) => lifecycle.state !== 'removed');
			return { ok: true, value: { status: 200, body: { endpoints: viewAll(records) } } };
		},
		POST: (body) => registered(manager.add(body)),
	};
	const one = (name: string, query: URLSearchParams): Methods => ({
		GET: () => {
			const endpoint = manager.find(name);
			const isThere = endpoint !== undefined && endpoint.lifecycle.state !== 'removed';
			if (!isThere) return toChecked(unknown(name));
			return { ok: true, value: { status: 200, body: { endpoint: view(endpoint) } } };
		},
		PUT: async (body) => {
			const refusal = await holders.beforeRegistration(name, body);
			return refusal === undefined ? registered(manager.put(name, body)) : refuse(refusal);
		},
		PATCH: (body) => registered(manager.change(name, body)),
		DELETE: async () => {
			const refusal = await holders.beforeRemoval(name, query.get('url'));
			return refusal === undefined ? removed(name) : refuse(refusal);
		},
	});
	const verbs = (name: string): Methods => ({
		test: () => done(manager.test(name), (body) => ({ status: 202, body: { ...body } })),
		rotate: async (body) =>
			done(await manager.rotate(name, body), ({ endpoint, secret, isMade, previousUntil }) => ({
				status: 200,
				body: { ...(isMade ? { secret } : {}), previousUntil, endpoint: view(endpoint) },
				deed: `endpoint '${endpoint.name}' has a new secret`,
			})),
		enable: () =>
			done(manager.enable(name), ({ endpoint, wasDisabled }) => ({
				status: 200,
				body: { wasDisabled, endpoint: view(endpoint) },
				...(wasDisabled ? { deed: `endpoint '${endpoint.name}' was enabled` } : {}),
			})),
		disable: () => stateChanged(manager.disable(name), 'disabled'),
		pause: () => stateChanged(manager.pause(name), 'paused'),
		resume: () => stateChanged(manager.resume(name), 'resumed'),
		purge: () =>
			done(manager.purge(name), (body) => ({
				status: 200,
				body: { ...body },
				deed: `what waited for the endpoint '${name}' was given up`,
			})),
	});

	return ([name, verb, ...deeper], query) => {
		if (deeper.length > 0) return undefined;
		if (name === undefined) return whole;
		if (verb === undefined) return one(name, query);
		const known = verbs(name);
		const act = Object.hasOwn(known, verb) ? known[verb] : undefined;
		return act && { POST: act };
	};
}

function unknown(name: string): Outcome<never> {
	const message = `There is no endpoint '${name.slice(0, 100)}' at this gateway`;
	return { ok: false, refused: { code: 'unknown-endpoint', message } };
}

/**
 * An endpoint as the API tells it: never a secret, never a header's value. The URL of one from the
 * configuration file is masked, as it may hold a password; who made one over the API knows it.
 */
function viewEndpoint(
	{ id, name, kind, origin, registrant, settings, lifecycle, createdAt, updatedAt }: EndpointRecord,
	health: EndpointHealth | undefined,
	secrets: { readonly current: string | undefined; readonly retiring: number },
): Readonly<Record<string, unknown>> {
	const { headers, url, headerNames } = settings;
	const shown: Partial<EndpointSettings> = { ...settings };
	for (const key of ['headers', 'url', 'enabled', 'isSigned', 'headerNames'] as const) {
		Reflect.deleteProperty(shown, key);
	}
	const isOwn = origin === 'api';
	return {
		id: formatEndpointId(id),
		name,
		kind,
		origin,
		...(registrant === undefined ? {} : { registrant }),
		...shown,
		...(url === undefined ? {} : { url: isOwn ? url : maskUrl(url) }),
		enabled: lifecycle.state !== 'disabled',
		headerNames: headerNames ?? Object.keys(headers ?? {}),
		isSigned: health?.isSigned ?? secrets.current !== undefined,
		retiringSecrets: secrets.retiring,
		...(isOwn && secrets.current !== undefined ? { secretId: secretId(secrets.current) } : {}),
		createdAt,
		updatedAt,
		state: health?.state ?? lifecycle,
		...(health === undefined ? {} : { health: viewHealth(health) }),
	};
}

function viewHealth(health: EndpointHealth): Readonly<Record<string, unknown>> {
	const { lastDay, responseTime, lastSuccessAt, lastFailureAt, lastFailure, lastWarning } = health;
	return {
		lastDay,
		responseTime,
		lastSuccessAt,
		lastFailureAt,
		lastFailure,
		lastWarning,
		oldestWaitingAt: health.oldestWaitingAt,
		consecutiveFailures: health.consecutiveFailures,
	};
}
