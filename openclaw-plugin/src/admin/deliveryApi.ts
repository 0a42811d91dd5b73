import type { ServerResponse } from 'node:http';
import type { EndpointManager, ReplayRequest } from '../endpoints/manage';
import { answerRefusal, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { DELIVERY_STATUSES, parseDeliveryId } from '../outbox/delivery';
import type { DeliveryQuery } from '../outbox/delivery';
import {
	exportLines,
	listDeliveries,
	listDeliveriesOfEvent,
	showDelivery,
} from '../outbox/deliveryLog';
import type { Database } from '../store/databaseAccess';
import { toChecked } from './endpointApi';
import type { Done, Methods } from './endpointApi';

export interface DeliveryApiParts {
	readonly database: Database;
	readonly manager: Pick<EndpointManager, 'replay'>;
}

const TEXT_FIELDS = ['endpoint', 'type', 'text', 'before'] as const;
const MAX_TEXT_LENGTH = 500;
const MAX_RECENT = 500;
const MAX_IDS = 500;

/**
 * What the API can do below `/deliveries`. Everything may throw what the database throws.
 *
 * - `GET /deliveries?status=&endpoint=&type=&text=&since=&until=&recent=&before=`
 * - `GET /deliveries/{id}`: a delivery (`dlv_…`) with its attempts, or those of an event (`evt_…`)
 * - `POST /deliveries/replay` `{ deliveryIds | eventIds | status, endpoint, since, until }`
 * - `GET /deliveries/export`: the same as the list, all of it, as NDJSON: see {@link exportDeliveries}
 */
export function createDeliveryApi({
	database,
	manager,
}: DeliveryApiParts): (segments: readonly string[], query: URLSearchParams) => Methods | undefined {
	const list = (query: URLSearchParams): Checked<Done> => {
		const read = readDeliveryQuery(query);
		if (!read.ok) return read;
		return { ok: true, value: { status: 200, body: { ...listDeliveries(database, read.value) } } };
	};
	const show = (id: string): Checked<Done> => {
		const ids = /^evt_\w+$/.test(id)
			? listDeliveriesOfEvent(database, id).map((delivery) => delivery.id)
			: [id];
		const deliveries = ids.flatMap((one) => showDelivery(database, one) ?? []);
		if (deliveries.length === 0) return refuse(NO_SUCH_DELIVERY);
		return { ok: true, value: { status: 200, body: { deliveries } } };
	};
	const replay = async (body: unknown): Promise<Checked<Done>> => {
		const read = readReplayRequest(body);
		if (!read.ok) return read;
		const replayed = toChecked(await manager.replay(read.value));
		if (!replayed.ok) return replayed;
		const { count, notKept } = replayed.value;
		const deed = `${String(count)} deliveries were replayed`;
		const answer = { count, ...(notKept > 0 ? { notKept } : {}) };
		return { ok: true, value: { status: 200, body: answer, ...(count > 0 ? { deed } : {}) } };
	};
	return ([name, ...deeper], query) => {
		if (deeper.length > 0) return undefined;
		if (name === undefined) return { GET: () => list(query) };
		return name === 'replay' ? { POST: replay } : { GET: () => show(name) };
	};
}

/**
 * Writes all deliveries that match a query as NDJSON, newest first, with their events and attempts. The
 * agents of the gateway go on meanwhile.
 */
export async function exportDeliveries(
	response: ServerResponse,
	database: Database,
	query: URLSearchParams,
): Promise<void> {
	const read = readDeliveryQuery(query);
	if (!read.ok) {
		answerRefusal(response, read.refusal);
		return;
	}
	response.writeHead(200, {
		'Content-Type': 'application/x-ndjson; charset=utf-8',
		'Content-Disposition': 'attachment; filename="deliveries.ndjson"',
		'Cache-Control': 'no-store',
	});
	for await (const lines of exportLines(database, read.value)) {
		if (response.destroyed) return;
		if (!response.write(lines)) await untilDrained(response);
	}
	response.end();
}

/** Reads which deliveries are asked for from the query of a request. */
export function readDeliveryQuery(query: URLSearchParams): Checked<DeliveryQuery> {
	const wanted = query.get('status') ?? '';
	const status = DELIVERY_STATUSES.find((known) => known === wanted);
	if (wanted !== '' && status === undefined) return refuse(invalid('status'));
	const fields: [string, string | number][] = [];
	for (const name of TEXT_FIELDS) {
		const value = query.get(name) ?? '';
		if (value.length > MAX_TEXT_LENGTH) return refuse(invalid(name));
		if (value !== '') fields.push([name, value]);
	}
	if (!/^(?:dlv_\d+)?$/.test(query.get('before') ?? '')) return refuse(invalid('before'));
	for (const name of ['since', 'until'] as const) {
		const time = readTime(query.get(name) ?? undefined);
		if (time === 'invalid') return refuse(invalid(name));
		if (time !== undefined) fields.push([name, time]);
	}
	const recent = query.get('recent') ?? '';
	if (recent !== '' && !(/^\d{1,3}$/.test(recent) && Number(recent) >= 1)) {
		return refuse(invalid('recent'));
	}
	if (Number(recent) > MAX_RECENT) return refuse(invalid('recent'));
	if (recent !== '') fields.push(['recent', Number(recent)]);
	return {
		ok: true,
		value: { ...(status === undefined ? {} : { status }), ...Object.fromEntries(fields) },
	};
}

/** Reads the body of a replay. */
export function readReplayRequest(value: unknown): Checked<ReplayRequest> {
	if (typeof value !== 'object' || value === null) return refuse(UNUSABLE_SELECTION);
	const { deliveryIds, eventIds, status, endpoint, since, until } = value as Readonly<
		Record<string, unknown>
	>;
	const numbers = readIds(deliveryIds, parseDeliveryId);
	const events = readIds(eventIds, (id) => (/^evt_\w+$/.test(id) ? id : undefined));
	const [from, to] = [readTime(since), readTime(until)];
	const isStatus = status === undefined || status === 'failed' || status === 'delivered';
	const isEndpoint = endpoint === undefined || typeof endpoint === 'string';
	if (numbers === 'invalid' || events === 'invalid' || from === 'invalid' || to === 'invalid') {
		return refuse(UNUSABLE_SELECTION);
	}
	if (!isStatus || !isEndpoint) return refuse(UNUSABLE_SELECTION);
	return {
		ok: true,
		value: {
			...(numbers === undefined ? {} : { deliveryIds: numbers }),
			...(events === undefined ? {} : { eventIds: events }),
			...(status === undefined ? {} : { status }),
			...(endpoint === undefined ? {} : { endpoint }),
			...(from === undefined ? {} : { since: from }),
			...(to === undefined ? {} : { until: to }),
		},
	};
}

function readIds<Id>(
	value: unknown,
	parse: (text: string) => Id | undefined,
): readonly Id[] | undefined | 'invalid' {
	if (value === undefined) return undefined;
	if (!Array.isArray(value) || value.length === 0 || value.length > MAX_IDS) return 'invalid';
	const ids = value.map((id: unknown) => (typeof id === 'string' ? parse(id) : undefined));
	const found = ids.filter((id): id is Awaited<Id> & Id => id !== undefined);
	return found.length === ids.length ? found : 'invalid';
}

/** Milliseconds since 1970, or a date as in ISO 8601. */
function readTime(value: unknown): number | undefined | 'invalid' {
	if (value === undefined || value === '') return undefined;
	if (typeof value === 'number' && Number.isFinite(value)) return value;
	if (typeof value !== 'string') return 'invalid';
	if (/^\d{1,15}$/.test(value)) return Number(value);
	const time = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
	return Number.isNaN(time) ? 'invalid' : time;
}

async function untilDrained(response: ServerResponse): Promise<void> {
	await new Promise<void>((resolve) => {
		response.once('drain', resolve);
		response.once('close', resolve);
	});
}

function invalid(path: string): Refusal {
	return { status: 400, code: 'invalid-query', message: `'${path}' is not usable`, path };
}

const NO_SUCH_DELIVERY: Refusal = {
	status: 404,
	code: 'unknown-delivery',
	message: 'There is no such delivery (any more)',
};

const UNUSABLE_SELECTION: Refusal = {
	status: 400,
	code: 'invalid-selection',
	message: `Give 'deliveryIds' or 'eventIds' (1 to ${String(MAX_IDS)} of them), or 'status' ('failed' or 'delivered'), 'endpoint', 'since' and 'until'`,
};
