import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostRules } from '../delivery/hostGuard';
import { formatDeliveryId } from '../outbox/delivery';
import type { Outbox } from '../outbox/outbox';
import type { OwnEvents } from '../outbox/emitter';
import { countReplay, sliceReplay } from '../outbox/replay';
import type { ReplaySelection } from '../outbox/replay';
import { wakeDispatcher } from '../outbox/queue';
import { createSecret } from '../protocol';
import type { ConfigFile } from '../settings/gatewayConfig';
import { inTransaction, optional } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { parseEndpointId } from './endpoint';
import type { EndpointRecord, Outcome, Refused } from './endpoint';
import { forgetHealth } from './endpointHealth';
import { readEndpointRequest } from './endpointRequest';
import type { EndpointRequest } from './endpointRequest';
import { openEndpointTable } from './endpointTable';
import { viewOf } from './privacy';
import {
	BODY_NOT_KEPT,
	callbackQueue,
	disabledInSettings,
	endpointExists,
	MAX_ENDPOINTS,
	notActive,
	NOTHING_SELECTED,
	otherKind,
	otherRegistrant,
	refuse,
	setInConfiguration,
	TOO_MANY_ENDPOINTS,
	unknownEndpoint,
} from './refusals';
import { announceEndpointChange } from './registry';
import { rotateSecret } from './rotateSecret';
import type { NewSecret } from './rotateSecret';
import { createTestEvent, TEST_TYPE } from './testEvent';
import type { TestType } from './testEvent';

/*
 * An endpoint is the unit of everything: deliveries, secrets, states and faults refer to its id.
 *
 *   endpoint         what one is, the states its owner or its settings put it in, what it subscribes to
 *   endpointTable    in the database; registry joins that with the secrets of the configuration file
 *   configured       the configuration file's endpoints become rows, come back, go
 *   endpointRequest  what a request says about one, checked
 *   manage           all that can be done with one; refusals says why not, rotateSecret changes its secret
 *   testEvent        what is sent to try one
 *   endpointHealth   how it does: state, success, response times, as every list shows it
 *   privacy          what it is not to see of an event
 *   callbackQueue    the queue of callbacks to one origin, which comes and goes by itself
 */

/** An endpoint that was made or changed. */
export interface Registered {
	readonly endpoint: EndpointRecord;
	readonly isNew: boolean;
	/** The secret, where it was made here: it is told once. */
	readonly secret?: string;
}

/** A secret that took another one's place, and whose it is. */
export interface RotatedSecret extends NewSecret {
	readonly endpoint: EndpointRecord;
}

/** Which deliveries to make again, as people say it. */
export interface ReplayRequest extends Omit<ReplaySelection, 'endpointIds'> {
	/** Name or id of an endpoint, a removed one too. */
	readonly endpoint?: string;
}

/** How many deliveries are made again. */
export interface ReplayCount {
	readonly count: number;
	/** How many are not, as their bodies were dropped once they were delivered. */
	readonly notKept: number;
}

/**
 * All that can be done with endpoints: the command line, the API and the dashboard call these and decide
 * nothing themselves. Where an endpoint is named, its name will do, or its id (`ep_12`), which tells a
 * removed one from another one of the same name. Everything may throw what the database throws, having
 * done nothing.
 */
export interface EndpointManager {
	/** @param body keys of the configuration file, with `secret`, `overlapHours` and the like */
	add(body: unknown): Outcome<Registered>;
	/** Changes the settings that the body names; the others stay. */
	change(name: string, body: unknown): Outcome<Registered>;
	/**
	 * Makes an endpoint, or replaces the settings of the one that there is: as often as one likes. One that
	 * the same registrant removed within the last minute goes on. `privacy` stays unless the body names it:
	 * the gateway's owner has set it, and a receiver that registers itself again knows nothing of it.
	 */
	put(name: string | undefined, body: unknown): Outcome<Registered>;
	remove(name: string): Outcome<{ readonly endpoint: EndpointRecord; readonly waiting: number }>;
	pause(name: string): Outcome<EndpointRecord>;
	resume(name: string): Outcome<EndpointRecord>;
	/** Sends to an endpoint again, at once, however it has been doing. */
	enable(
		name: string,
	): Outcome<{ readonly endpoint: EndpointRecord; readonly wasDisabled: boolean }>;
	disable(name: string, reason?: string): Outcome<EndpointRecord>;
	/**
	 * Gives an endpoint a new signing secret; see {@link rotateSecret}. Refused for one of the configuration
	 * file unless there is a {@link EndpointManagerParts.configFile}.
	 */
	rotate(name: string, body: unknown): Promise<Outcome<RotatedSecret>>;
	test(
		name: string,
		type?: TestType,
	): Outcome<{ readonly eventId: string; readonly deliveryId: string }>;
	/**
	 * Makes deliveries again, some at a time: agents of the gateway go on meanwhile. What comes to match
	 * after this has begun is left alone. Refused when all that was selected is not kept any more.
	 */
	replay(request: ReplayRequest): Promise<Outcome<ReplayCount>>;
	/** How many deliveries {@link EndpointManager.replay} would make again. */
	countReplay(request: ReplayRequest): Outcome<ReplayCount>;
	/** Fails what waits for an endpoint, a removed one too. */
	purge(name: string): Outcome<{ readonly count: number }>;
	/** The endpoint that a name or an id stands for, a removed one too. */
	find(name: string): EndpointRecord | undefined;
	/** The same, or what endpoints there are. */
	named(name: string): Outcome<EndpointRecord>;
}

export interface EndpointManagerParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly outbox: Outbox;
	readonly ownEvents: OwnEvents;
	readonly hostRules: HostRules;
	/** What events name as their gateway. */
	readonly instanceId: string;
	/** Given where its owner asks for something: at the command line alone. */
	readonly configFile?: ConfigFile;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
}

/** What is done with deliveries alone works for endpoints of any kind, removed ones too. */
const ANY = { removed: true, callback: true, config: true } as const;
const BY_HAND = 'It was disabled by hand';
const PURGED = 'It was purged by hand';
const BEGINS_ANEW = 'The receiver was set up anew, and begins with new events';
/** Why deliveries have failed that somebody has given up. */
export const GIVEN_UP_ON_PURPOSE: readonly string[] = [PURGED, BEGINS_ANEW];

export function createEndpointManager(parts: EndpointManagerParts): EndpointManager {
	const { folder, database, outbox, ownEvents, hostRules, instanceId, configFile } = parts;
	const { now = Date.now } = parts;
	const table = openEndpointTable(database);

	const find = (name: string): EndpointRecord | undefined => {
		const named = table.findByName(name);
		if (named !== undefined) return named;
		const id = parseEndpointId(name);
		if (id !== undefined) return table.find(id);
		return table.list().findLast((record) => record.name === name);
	};
	const changed = ({ id }: EndpointRecord): EndpointRecord => {
		announceEndpointChange(folder);
		wakeDispatcher(folder);
		return table.find(id) ?? missing();
	};
	/** Finds an endpoint that something may be done with. */
	const withEndpoint = <Value>(
		name: string,
		allowed: { readonly removed?: boolean; readonly callback?: boolean; readonly config?: boolean },
		act: (endpoint: EndpointRecord) => Outcome<Value>,
	): Outcome<Value> => {
		const endpoint = find(name);
		const isRemoved = endpoint?.lifecycle.state === 'removed';
		if (endpoint === undefined || (isRemoved && allowed.removed !== true)) {
			return refuse(unknownEndpoint(name, table.listCurrent(now())));
		}
		if (endpoint.kind === 'callback' && allowed.callback !== true)
			return refuse(callbackQueue(name));
		if (endpoint.origin === 'config' && allowed.config !== true) {
			return refuse(setInConfiguration(name));
		}
		return act(endpoint);
	};
	const select = ({ endpoint, ...selection }: ReplayRequest): Outcome<ReplaySelection> => {
		if (endpoint !== undefined) {
			return withEndpoint(endpoint, ANY, ({ id }) => ({
				ok: true,
				value: { ...selection, endpointIds: [id] },
			}));
		}
		if (Object.keys(selection).length === 0) return refuse(NOTHING_SELECTED);
		return { ok: true, value: selection };
	};
	const count = (selection: ReplaySelection): Outcome<ReplayCount> => {
		const counted = countReplay(database, selection);
		const isNothingKept = counted.count === 0 && counted.notKept > 0;
		return isNothingKept ? refuse(BODY_NOT_KEPT) : { ok: true, value: counted };
	};
	const failAllPending = (id: number, reason: string): number => {
		for (let count = 0; ; ) {
			const failed = outbox.failPending(id, reason);
			if (failed === 0) return count;
			count += failed;
		}
	};
	const countPending = (id: number): number =>
		Number(
			database
				.prepare("SELECT count(*) AS n FROM deliveries WHERE state = 'pending' AND endpoint_id = ?")
				.get(id)?.n,
		);

	/** Writes what was asked for; `base` has the settings that stay. */
	const register = (
		{ name, settings, registrant, isFromNew, leaseSeconds, ...change }: EndpointRequest,
		known: EndpointRecord | undefined,
	): Registered => {
		const time = now();
		const registered = inTransaction(database, (): Registered => {
			const { kind = 'webhook', ...own } = settings;
			const endpoint =
				known ?? table.insert({ name, kind, origin: 'api', registrant, settings: own }, time);
			const { id } = endpoint;
			if (known !== undefined) {
				table.update(id, { settings: own, registrant }, time);
				table.revive(id, time);
				// Who sets it up again wants it to be sent to, even if it said once that it was gone.
				table.setDisabled(id, undefined);
				forgetHealth(database, id);
				// The tries that have failed were made while it was being changed, or before.
				outbox.retryNow(id);
			}
			table.setLease(id, leaseSeconds === undefined ? undefined : time + leaseSeconds * 1000);
			const [current] = table.secretsOf(id, time).current;
			const isNew = known === undefined;
			if (current !== undefined && change.secret === undefined && !change.rotateSecret) {
				return { endpoint, isNew };
			}
			const secret = change.secret ?? createSecret();
			if (secret !== current) table.setSecret(id, secret, time + change.overlapMs, time);
			return { endpoint, isNew, ...(change.secret === undefined ? { secret } : {}) };
		});
		if (known !== undefined && isFromNew) {
			failAllPending(known.id, BEGINS_ANEW);
		}
		return { ...registered, endpoint: changed(registered.endpoint) };
	};
	/** Why an endpoint must not be made or changed; undefined when it may. */
	const refusalOf = (
		{ name, registrant, settings }: EndpointRequest,
		known: EndpointRecord | undefined,
	): Refused | undefined => {
		if (known === undefined) {
			const count = table.listCurrent(now()).filter(({ origin }) => origin === 'api').length;
			return count >= MAX_ENDPOINTS ? TOO_MANY_ENDPOINTS : undefined;
		}
		if (known.origin === 'config') return setInConfiguration(name);
		const isOther = known.registrant !== undefined && known.registrant !== registrant;
		if (isOther) return otherRegistrant(name);
		return (settings.kind ?? 'webhook') === known.kind ? undefined : otherKind(name, known.kind);
	};
	const put = (
		name: string | undefined,
		body: unknown,
		isNewOnly: boolean,
	): Outcome<Registered> => {
		const read = readEndpointRequest(body, name, hostRules);
		if (!read.ok) return read;
		const request = read.value;
		const known = table.findByName(request.name) ?? table.findRemoved(request.name, 'api', now());
		const isThere = known !== undefined && known.lifecycle.state !== 'removed';
		if (isNewOnly && isThere && known.origin === 'api') return refuse(endpointExists(request.name));
		// One that somebody else removed a moment ago has nothing to do with this one.
		const isOther = known?.lifecycle.state === 'removed' && known.registrant !== request.registrant;
		const found = isOther ? undefined : known;
		const refusal = refusalOf(request, found);
		if (refusal !== undefined) return refuse(refusal);
		const settings = { ...optional('privacy', found?.settings.privacy), ...request.settings };
		return { ok: true, value: register({ ...request, settings }, found) };
	};

	return {
		find,
		add: (body) => put(undefined, body, true),
		put: (name, body) => put(name, body, false),
		change: (name, body) =>
			withEndpoint(name, {}, (endpoint) => {
				const { registrant, kind, settings } = endpoint;
				const described = typeof body === 'object' && body !== null ? body : {};
				const whole = { ...settings, kind, ...described };
				const read = readEndpointRequest(whole, endpoint.name, hostRules);
				if (!read.ok) return read;
				const request: EndpointRequest = {
					...read.value,
					...(registrant === undefined ? {} : { registrant }),
				};
				return { ok: true, value: register(request, endpoint) };
			}),
		remove: (name) =>
			withEndpoint(name, {}, (endpoint) => {
				table.setRemoved(endpoint.id, now());
				const waiting = countPending(endpoint.id);
				return { ok: true, value: { endpoint: changed(endpoint), waiting } };
			}),
		pause: (name) =>
			withEndpoint(name, { config: true }, (endpoint) => {
				if (endpoint.lifecycle.state !== 'paused') table.setPaused(endpoint.id, now());
				return { ok: true, value: changed(endpoint) };
			}),
		resume: (name) =>
			withEndpoint(name, { config: true }, (endpoint) => {
				table.setPaused(endpoint.id, undefined);
				return { ok: true, value: changed(endpoint) };
			}),
		enable: (name) =>
			withEndpoint(name, { config: true }, (endpoint) => {
				const { id, lifecycle, origin, settings } = endpoint;
				if (settings.enabled === false && origin === 'config') {
					return refuse(disabledInSettings(name));
				}
				inTransaction(database, () => {
					table.setDisabled(id, undefined);
					if (settings.enabled === false) {
						table.update(id, { settings: { ...settings, enabled: true } }, now());
					}
					forgetHealth(database, id);
					outbox.retryNow(id);
				});
				const wasDisabled = lifecycle.state === 'disabled';
				if (wasDisabled) {
					ownEvents.tell('endpoint.recovered', { endpoint: { name: endpoint.name } }, id);
				}
				return { ok: true, value: { endpoint: changed(endpoint), wasDisabled } };
			}),
		disable: (name, reason = BY_HAND) =>
			withEndpoint(name, { config: true }, (endpoint) => {
				const { id } = endpoint;
				table.setDisabled(id, { since: now(), reason });
				ownEvents.tell('endpoint.disabled', { endpoint: { name: endpoint.name, reason } }, id);
				return { ok: true, value: changed(endpoint) };
			}),
		rotate: async (name, body) => {
			const found = withEndpoint(name, { config: true }, (endpoint) => ({
				ok: true,
				value: endpoint,
			}));
			if (!found.ok) return found;
			const rotated = await rotateSecret(found.value, body, { database, configFile, now });
			if (!rotated.ok) return rotated;
			return { ok: true, value: { ...rotated.value, endpoint: changed(found.value) } };
		},
		test: (name, type = TEST_TYPE) =>
			withEndpoint(name, { config: true }, ({ id, lifecycle, settings }) => {
				if (lifecycle.state !== 'active') return refuse(notActive(name, lifecycle));
				const event = createTestEvent(type, instanceId, now());
				const view = viewOf(settings.privacy);
				const [number = 0] = outbox.append(event, [{ endpointId: id, view }]);
				return { ok: true, value: { eventId: event.id, deliveryId: formatDeliveryId(number) } };
			}),
		named: (name) => withEndpoint(name, ANY, (endpoint) => ({ ok: true, value: endpoint })),
		replay: async (request) => {
			const selected = select(request);
			const counted = selected.ok ? count(selected.value) : selected;
			if (!selected.ok || !counted.ok) return counted;
			let replayed = 0;
			for (const deliveryIds of sliceReplay(database, selected.value)) {
				replayed += outbox.replay({ ...selected.value, deliveryIds }).count;
				await nextTurn();
			}
			return { ok: true, value: { count: replayed, notKept: counted.value.notKept } };
		},
		countReplay: (request) => {
			const selected = select(request);
			return selected.ok ? count(selected.value) : selected;
		},
		purge: (name) =>
			withEndpoint(name, ANY, (endpoint) => {
				const count = failAllPending(endpoint.id, PURGED);
				changed(endpoint);
				return { ok: true, value: { count } };
			}),
	};
}

function missing(): never {
	throw new Error('The endpoint was deleted meanwhile');
}
