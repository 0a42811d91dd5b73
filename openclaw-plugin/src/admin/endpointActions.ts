import { createTestEvent, TEST_TYPE } from '../cli/testEvent';
import { enableEndpoint } from '../delivery/endpointStates';
import type { HostRules } from '../delivery/hostGuard';
import { wakeDispatcher } from '../delivery/wake';
import {
	deleteManagedEndpoint,
	findManagedEndpoint,
	listManagedEndpoints,
	saveManagedEndpoint,
} from '../endpoints/managedEndpoints';
import { announceEndpointChange } from '../endpoints/registry';
import type { EndpointRegistry } from '../endpoints/registry';
import { rotateSecret } from '../endpoints/rotateSecret';
import { createSecret } from '../endpoints/secret';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { formatDeliveryId } from '../log/deliveryId';
import { describeHealth } from '../log/endpointHealth';
import type { Outbox } from '../outbox/outbox';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { readEndpointRequest, readSecretChange } from './endpointRequest';
import { viewEndpoint } from './endpointView';
import {
	disabledEndpoint,
	setInConfiguration,
	TOO_MANY_ENDPOINTS,
	unknownEndpoint,
} from './refusals';

/** What a request led to. */
export interface Done {
	readonly status: 200 | 201 | 202;
	readonly body: Readonly<Record<string, unknown>>;
	/** For the log; undefined when nothing was changed. */
	readonly deed?: string;
}

export interface EndpointActions {
	list(): Done;
	show(name: string): Checked<Done>;
	/** Creates an endpoint or replaces its settings; `name` undefined: the body names it. */
	put(name: string | undefined, body: unknown): Checked<Done>;
	remove(name: string): Checked<Done>;
	sendTest(name: string): Checked<Done>;
	rotate(name: string, body: unknown): Checked<Done>;
	enable(name: string): Checked<Done>;
}

export interface EndpointActionsParts {
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'append'>;
	readonly registry: EndpointRegistry;
	readonly hostRules: HostRules;
	/** What events name as their gateway. */
	readonly instanceId: string;
	readonly now: () => number;
}

const MAX_ENDPOINTS = 1000;

/** Makes what the API does with endpoints. Everything may throw what the database throws. */
export function createEndpointActions(parts: EndpointActionsParts): EndpointActions {
	const { database, outbox, registry, hostRules, instanceId, now } = parts;
	const isConfigured = (name: string) => registry.find(name)?.origin === 'config';
	const view = (name: string) => {
		const endpoint = registry.find(name);
		return endpoint && viewEndpoint(endpoint, findManagedEndpoint(database, name), undefined);
	};
	const viewAll = () => {
		const endpoints = registry.list();
		const managed = new Map(
			listManagedEndpoints(database).map((found) => [found.config.name, found] as const),
		);
		const health = new Map(
			describeHealth(database, endpoints, now()).endpoints.map((one) => [one.name, one] as const),
		);
		return endpoints.map((endpoint) =>
			viewEndpoint(endpoint, managed.get(endpoint.name), health.get(endpoint.name)),
		);
	};
	/** Refuses names that the API cannot change. */
	const guarded = (name: string, act: () => Checked<Done>): Checked<Done> => {
		if (isConfigured(name)) return refuse(setInConfiguration(name));
		return findManagedEndpoint(database, name) === undefined
			? refuse(unknownEndpoint(name))
			: act();
	};
	const changed = (name: string) => {
		announceEndpointChange();
		wakeDispatcher([name]);
	};

	return {
		list: () => ({ status: 200, body: { endpoints: viewAll() } }),
		show: (name) => {
			const endpoint = viewAll().find((one) => one.name === name);
			return endpoint === undefined
				? refuse(unknownEndpoint(name))
				: { ok: true, value: { status: 200, body: { endpoint } } };
		},
		put: (pathName, body) => {
			const read = readEndpointRequest(body, pathName, hostRules);
			if (!read.ok) return read;
			const { settings, ...change } = read.value;
			const { name } = settings;
			if (isConfigured(name)) return refuse(setInConfiguration(name));
			const outcome = inTransaction(database, () => {
				const known = findManagedEndpoint(database, name);
				if (known === undefined) {
					if (listManagedEndpoints(database).length >= MAX_ENDPOINTS) return 'too-many';
					const secret = change.secret ?? createSecret();
					saveManagedEndpoint(database, { ...settings, secret }, now());
					// What an earlier endpoint of this name did is not this one's.
					enableEndpoint(database, name);
					return { created: true, ...(change.secret === undefined ? { secret } : {}) };
				}
				saveManagedEndpoint(database, { ...settings, secret: known.config.secret }, now());
				// Who sets it up again wants it to be sent to, even if it said once that it was gone.
				enableEndpoint(database, name);
				const { secret, rotateSecret: isWanted, overlapMs } = change;
				if (secret === undefined && !isWanted) return { created: false };
				const options = { overlapMs, ...(secret === undefined ? {} : { secret }) };
				const rotated = rotateSecret(database, name, options, now());
				return { created: false, ...(secret === undefined ? { secret: rotated?.secret } : {}) };
			});
			if (outcome === 'too-many') return refuse(TOO_MANY_ENDPOINTS);
			changed(name);
			const deed = `endpoint '${name}' was ${outcome.created ? 'created' : 'changed'}`;
			const answer = { ...outcome, endpoint: view(name) };
			return { ok: true, value: { status: outcome.created ? 201 : 200, body: answer, deed } };
		},
		remove: (name) => {
			if (isConfigured(name)) return refuse(setInConfiguration(name));
			const deleted = inTransaction(database, () => deleteManagedEndpoint(database, name));
			if (!deleted) return { ok: true, value: { status: 200, body: { deleted } } };
			changed(name);
			const deed = `endpoint '${name}' was deleted`;
			return { ok: true, value: { status: 200, body: { deleted }, deed } };
		},
		sendTest: (name) => {
			const endpoint = registry.find(name);
			if (endpoint === undefined || endpoint.origin === 'callback') {
				return refuse(unknownEndpoint(name));
			}
			const [health] = describeHealth(database, [endpoint], now()).endpoints;
			const reason =
				endpoint.fault ??
				(health?.condition.state === 'disabled' ? health.condition.reason : undefined);
			if (reason !== undefined) return refuse(disabledEndpoint(name, reason));
			const event = createTestEvent(TEST_TYPE, instanceId, now());
			const [id = 0] = outbox.append(event, [name]);
			const body = { eventId: event.id, deliveryId: formatDeliveryId(id) };
			return { ok: true, value: { status: 202, body } };
		},
		rotate: (name, body) =>
			guarded(name, () => {
				const change = readSecretChange(body);
				if (!change.ok) return change;
				const { secret, overlapMs } = change.value;
				const options = { overlapMs, ...(secret === undefined ? {} : { secret }) };
				const rotated = rotateSecret(database, name, options, now());
				if (rotated === undefined) return refuse(unknownEndpoint(name));
				const answer = {
					...(secret === undefined ? { secret: rotated.secret } : {}),
					previousUntil: rotated.previousUntil,
					endpoint: view(name),
				};
				const deed = `endpoint '${name}' has a new secret`;
				return { ok: true, value: { status: 200, body: answer, deed } };
			}),
		enable: (name) => {
			const known = registry.find(name);
			if (known === undefined || known.origin === 'callback') {
				return refuse(unknownEndpoint(name));
			}
			const wasDisabled = enableEndpoint(database, name);
			const deed = `endpoint '${name}' was enabled`;
			const body = { wasDisabled, endpoint: view(name) };
			return { ok: true, value: { status: 200, body, ...(wasDisabled ? { deed } : {}) } };
		},
	};
}
