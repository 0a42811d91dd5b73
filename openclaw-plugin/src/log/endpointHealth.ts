import type { Database } from '../store/databaseAccess';
import type { Endpoint } from '../endpoints/endpoint';
import { asNumber, asText, optional } from './columns';
import type { Row } from '../store/databaseAccess';
import { countDeliveries, sumCounts } from './deliveryCounts';
import type { DeliveryCounts } from './deliveryCounts';
import { firstSince } from './firstSince';
import { maskUrl } from './maskUrl';
import { measureResponseTime } from './responseTime';
import type { ResponseTime } from './responseTime';

/** Whether an endpoint is sent to. */
export type EndpointCondition =
	| { readonly state: 'active' }
	/** Failed too often in a row: what waits for it is tried again from this time on. */
	| { readonly state: 'paused'; readonly until: number }
	/** Switched off by its settings, by hand, or because it said that it is gone. */
	| { readonly state: 'disabled'; readonly since?: number; readonly reason: string };

/** How an endpoint has been doing. Times are milliseconds since 1970. */
export interface EndpointHealth {
	readonly name: string;
	/** Made in the configuration file or over the API. */
	readonly origin: Endpoint['origin'];
	/** Where it is, without what may be secret: path, query and password. */
	readonly url: string;
	readonly events: readonly string[];
	readonly isSigned: boolean;
	readonly condition: EndpointCondition;
	readonly lastDay: DeliveryCounts;
	/** Of the newest answers within the last 24 hours, absent where there was none. */
	readonly responseTime?: ResponseTime;
	readonly lastSuccessAt?: number;
	readonly lastFailureAt?: number;
	/** Why the last failed attempt failed. */
	readonly lastFailure?: string;
	readonly consecutiveFailures: number;
}

/** All endpoints, and all deliveries together. */
export interface Overview {
	/** When it was made. */
	readonly at: number;
	/** Deliveries to endpoints that are gone are among these. */
	readonly lastDay: DeliveryCounts;
	readonly endpoints: readonly EndpointHealth[];
}

const DAY_MS = 86_400_000;

/**
 * How each endpoint has been doing over the last 24 hours: some 30 ms per 100,000 deliveries of these.
 *
 * @param endpoints see {@link EndpointRegistry.list}
 */
export function describeHealth(
	database: Database,
	endpoints: readonly Endpoint[],
	now: number,
): Overview {
	const first = firstSince(database, now - DAY_MS);
	const counts = countDeliveries(database, first);
	const states = new Map(
		database
			.prepare('SELECT * FROM endpoint_states')
			.all()
			.map((row) => [String(row.endpoint), row] as const),
	);
	return {
		at: now,
		lastDay: sumCounts(counts.values()),
		endpoints: endpoints.map((endpoint) => {
			const row = states.get(endpoint.name) ?? {};
			return {
				name: endpoint.name,
				origin: endpoint.origin,
				url: maskUrl(endpoint.url),
				events: endpoint.events,
				isSigned: endpoint.secrets.length > 0 || endpoint.origin === 'callback',
				condition: readCondition(endpoint, row, now),
				lastDay: counts.get(endpoint.name) ?? sumCounts([]),
				...optional('responseTime', measureResponseTime(database, endpoint.name, first)),
				...optional('lastSuccessAt', asNumber(row.last_success_at)),
				...optional('lastFailureAt', asNumber(row.last_failure_at)),
				...optional('lastFailure', asText(row.last_error)),
				consecutiveFailures: asNumber(row.consecutive_failures) ?? 0,
			};
		}),
	};
}

function readCondition(endpoint: Endpoint, row: Row, now: number): EndpointCondition {
	const since = asNumber(row.disabled_at);
	if (since !== undefined) {
		return { state: 'disabled', since, reason: asText(row.disabled_reason) ?? 'switched off' };
	}
	if (endpoint.enabled === false)
		return { state: 'disabled', reason: 'switched off in its settings' };
	const until = asNumber(row.open_until);
	return until !== undefined && until > now ? { state: 'paused', until } : { state: 'active' };
}
