import type { Endpoint } from '../endpoints/endpoint';
import type { ManagedEndpoint } from '../endpoints/managedEndpoints';
import { secretId } from '../endpoints/secret';
import type { EndpointHealth } from '../log/endpointHealth';
import { maskUrl } from '../log/maskUrl';

/** How an endpoint does, without what it is. */
export type HealthView = Omit<EndpointHealth, 'name' | 'origin' | 'url' | 'events' | 'isSigned'>;

/**
 * An endpoint as the API tells it: never a secret, never a header's value. The URL of one from the
 * configuration file is masked, as it may hold a password; who made one over the API knows it.
 */
export function viewEndpoint(
	endpoint: Endpoint,
	managed: ManagedEndpoint | undefined,
	health: EndpointHealth | undefined,
): Readonly<Record<string, unknown>> {
	const { secrets, headers, origin, url, enabled = true, ...settings } = endpoint;
	const own = origin === 'api' ? managed : undefined;
	return {
		...settings,
		origin,
		url: own === undefined ? maskUrl(url) : url,
		enabled,
		headerNames: Object.keys(headers ?? {}),
		isSigned: secrets.length > 0,
		retiringSecrets: Math.max(secrets.length - 1, 0),
		...(own === undefined
			? {}
			: {
					secretId: secretId(own.config.secret),
					createdAt: own.createdAt,
					updatedAt: own.updatedAt,
				}),
		...(health === undefined ? {} : { health: viewHealth(health) }),
	};
}

function viewHealth(health: EndpointHealth): HealthView {
	const { condition, lastDay, responseTime, lastSuccessAt, lastFailureAt, lastFailure } = health;
	return {
		condition,
		lastDay,
		...(responseTime === undefined ? {} : { responseTime }),
		...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
		...(lastFailureAt === undefined ? {} : { lastFailureAt }),
		...(lastFailure === undefined ? {} : { lastFailure }),
		consecutiveFailures: health.consecutiveFailures,
	};
}
