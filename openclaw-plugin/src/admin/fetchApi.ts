import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections, Consumer, FetchedOutcome, Holder } from '../delivery/connections';
import type { Endpoint } from '../endpoints/endpoint';
import type { EndpointRegistry } from '../endpoints/registry';
import { answerJson, answerRefusal, methodNotAllowed, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { parseJsonBody } from '../http/body';
import { clientAddress, readLimitedBody } from '../http/request';
import { parseDeliveryId } from '../outbox/delivery';

export interface FetchApiParts {
	readonly connections: Connections;
	readonly registry: Pick<EndpointRegistry, 'findByName'>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** What a receiver asks for. */
interface FetchRequest {
	readonly consumer: string;
	readonly replaces: readonly string[];
	readonly max: number;
	readonly waitMs: number;
	readonly settled: readonly FetchedOutcome[];
}

const MAX_DELIVERIES = 256;
const DEFAULT_DELIVERIES = 16;
const MAX_WAIT_SECONDS = 60;
const DEFAULT_WAIT_SECONDS = 25;
const MAX_SETTLED = 5000;
const MAX_CONSUMER_LENGTH = 200;
const MAX_REPLACED = 20;
const MAX_REASON_LENGTH = 1000;
/** Thousands of settlements with their reasons. */
const MAX_BODY_BYTES = 4_194_304;

/** Whether a path below the API is one of receivers that fetch. */
export function isFetchPath([resource, , verb, ...deeper]: readonly string[]): boolean {
	return resource === 'endpoints' && (verb === 'fetch' || verb === 'settle') && deeper.length === 0;
}

/**
 * Answers receivers that fetch their events; the request has been let in by a token with the scope
 * `events`.
 *
 * - `POST /endpoints/{name}/fetch` `{ consumer, replaces, max, waitSeconds, settled }`: a long poll
 * - `POST /endpoints/{name}/settle` `{ consumer, settled }`
 *
 * @throws what the database throws
 */
export async function answerFetch(
	request: IncomingMessage,
	response: ServerResponse,
	[, name = '', verb]: readonly string[],
	{ connections, registry, now }: FetchApiParts,
): Promise<void> {
	if (request.method !== 'POST') {
		answerRefusal(response, methodNotAllowed(['POST']));
		return;
	}
	// Told before the body is read: the receiver may have gone meanwhile.
	const gone = new AbortController();
	response.once('close', () => {
		gone.abort();
	});
	const read = await readFetchRequest(request);
	if (!read.ok) {
		answerRefusal(response, read.refusal);
		return;
	}
	const endpoint = registry.findByName(name);
	if (endpoint?.kind !== 'connection' || endpoint.lifecycle.state === 'expired') {
		answerRefusal(response, unknownEndpoint(name));
		return;
	}
	const { consumer: id, replaces, max, waitMs, settled } = read.value;
	const consumer = { id, address: clientAddress(request), replaces };
	callersOn(request.socket, connections).set(endpoint, consumer);
	connections.settle(endpoint, consumer, settled);
	if (verb === 'settle') {
		answerJson(response, 200, { ok: true });
		return;
	}
	const signal = gone.signal;
	const fetched = await connections.fetch(endpoint, consumer, { max, waitMs, signal });
	if (fetched.kind === 'taken') {
		answerRefusal(response, anotherConsumer(endpoint, fetched.holder, now()));
		return;
	}
	const { deliveries, ended } = fetched;
	if (response.destroyed) {
		connections.takeBack(endpoint, consumer, fetched);
		return;
	}
	// Until everything is with the operating system, the receiver cannot have it.
	response.once('close', () => {
		if (!response.writableFinished) connections.takeBack(endpoint, consumer, fetched);
	});
	answerJson(response, 200, { ok: true, deliveries, ...(ended.length === 0 ? {} : { ended }) });
}

/** Who has fetched over a network connection, by endpoint. */
const callers = new WeakMap<Socket, Map<Endpoint, Consumer>>();

function callersOn(socket: Socket, connections: Connections): Map<Endpoint, Consumer> {
	const known = callers.get(socket);
	if (known !== undefined) return known;
	const added = new Map<Endpoint, Consumer>();
	callers.set(socket, added);
	socket.once('close', () => {
		for (const [endpoint, consumer] of added) connections.hangUp(endpoint, consumer);
	});
	return added;
}

async function readFetchRequest(request: IncomingMessage): Promise<Checked<FetchRequest>> {
	const raw = await readLimitedBody(request, { maxBytes: MAX_BODY_BYTES });
	if (!raw.ok) return raw;
	const parsed = parseJsonBody(request.headers, raw.value);
	if (!parsed.ok) return parsed;
	if (typeof parsed.value !== 'object' || parsed.value === null)
		return refuse(invalid('', 'object'));
	const {
		consumer,
		replaces = [],
		max = DEFAULT_DELIVERIES,
		waitSeconds = DEFAULT_WAIT_SECONDS,
		settled = [],
	} = parsed.value as Readonly<Record<string, unknown>>;
	if (!isConsumer(consumer)) return refuse(invalid('consumer', 'text of at most 200 characters'));
	if (!isReplaced(replaces)) {
		return refuse(invalid('replaces', `list of at most ${String(MAX_REPLACED)} earlier consumers`));
	}
	if (!isWithin(max, MAX_DELIVERIES) || !Number.isInteger(max)) {
		return refuse(invalid('max', `whole number from 0 to ${String(MAX_DELIVERIES)}`));
	}
	if (!isWithin(waitSeconds, MAX_WAIT_SECONDS)) {
		return refuse(invalid('waitSeconds', `number from 0 to ${String(MAX_WAIT_SECONDS)}`));
	}
	if (!Array.isArray(settled) || settled.length > MAX_SETTLED) {
		return refuse(invalid('settled', `list of at most ${String(MAX_SETTLED)} entries`));
	}
	const outcomes = settled.map(readOutcome);
	const known = outcomes.filter((outcome) => outcome !== undefined);
	if (known.length !== outcomes.length) {
		return refuse(invalid(`settled[${String(outcomes.indexOf(undefined))}]`, 'settlement'));
	}
	const waitMs = waitSeconds * 1000;
	return { ok: true, value: { consumer, replaces, max, waitMs, settled: known } };
}

export function isConsumer(value: unknown): value is string {
	return typeof value === 'string' && value !== '' && value.length <= MAX_CONSUMER_LENGTH;
}

export function isReplaced(value: unknown): value is readonly string[] {
	return Array.isArray(value) && value.length <= MAX_REPLACED && value.every(isConsumer);
}

const OUTCOMES: readonly FetchedOutcome['outcome'][] = [
	'started',
	'done',
	'filtered',
	'failed',
	'released',
];

function readOutcome(value: unknown): FetchedOutcome | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	const { delivery, outcome, run, reason, durationMs, elsewhere } = value as Readonly<
		Record<string, unknown>
	>;
	const deliveryId = typeof delivery === 'string' ? parseDeliveryId(delivery) : undefined;
	const known = OUTCOMES.find((one) => one === outcome);
	if (deliveryId === undefined || known === undefined) return undefined;
	return {
		deliveryId,
		outcome: known,
		...(typeof run === 'string' && run !== '' ? { run: run.slice(0, MAX_CONSUMER_LENGTH) } : {}),
		...(typeof reason === 'string' && reason !== ''
			? { reason: reason.slice(0, MAX_REASON_LENGTH) }
			: {}),
		...(isWithin(durationMs, Number.MAX_SAFE_INTEGER)
			? { durationMs: Math.round(durationMs) }
			: {}),
		...(elsewhere === true ? { elsewhere } : {}),
	};
}

function isWithin(value: unknown, max: number): value is number {
	return typeof value === 'number' && value >= 0 && value <= max;
}

function invalid(path: string, what: string): Refusal {
	const subject = path === '' ? 'The body' : `'${path}'`;
	return {
		status: 400,
		code: 'invalid-fetch',
		message: `${subject} must be a ${what}`,
		...(path === '' ? {} : { path }),
	};
}

function unknownEndpoint(name: string): Refusal {
	return {
		status: 404,
		code: 'unknown-endpoint',
		message: `There is no endpoint '${name.slice(0, 100)}' to fetch from at this gateway. Register it again`,
	};
}

export function anotherConsumer({ name }: Endpoint, holder: Holder, now: number): Refusal {
	const { since, address } = holder;
	const seconds = Math.round((now - since) / 1000);
	return {
		more: { since, address },
		status: 409,
		code: 'another-consumer',
		message: `Another receiver at ${address} has been fetching the events of '${name}' for ${String(seconds)} s. If it is a copy of this one, stop it; its place is free a minute after its last request`,
	};
}
