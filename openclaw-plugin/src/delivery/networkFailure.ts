import { errorText } from '../store/errorText';
import { BlockedHostError } from './hostGuard';
import type { DeliveryResponse } from './request';

/** The whole answer did not arrive in time. */
export class TimeoutError extends Error {
	override readonly name = 'TimeoutError';

	constructor(timeoutMs: number) {
		super(`No complete answer within ${String(timeoutMs)} ms (timeoutMs of the endpoint)`);
	}
}

/** The gateway is shutting down. */
export class StoppedError extends Error {
	override readonly name = 'StoppedError';

	constructor() {
		super('The gateway stopped before the answer arrived');
	}
}

/** What the codes of Node.js and OpenSSL mean for the operator. */
const EXPLANATIONS: ReadonlyMap<string, string> = new Map([
	['ECONNREFUSED', 'Nothing listens there: the connection was refused'],
	['ECONNRESET', 'The connection was closed before the answer was complete'],
	['EPIPE', 'The connection was closed before the answer was complete'],
	['ENOTFOUND', 'The name of the host cannot be resolved'],
	['EAI_AGAIN', 'The name of the host cannot be resolved now'],
	['EHOSTUNREACH', 'There is no way to the host'],
	['ENETUNREACH', 'There is no way to the network of the host'],
	['ETIMEDOUT', 'The host does not answer'],
	['CERT_HAS_EXPIRED', 'The TLS certificate has expired'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'The TLS certificate is self-signed'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'The TLS certificate is from an authority that is not trusted'],
	[
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'The TLS certificate is from an authority that is not trusted',
	],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'The TLS certificate is for another host'],
]);

/** Describes a request that got no answer. The texts name the host, never the rest of the URL. */
export function unanswered(error: unknown, url: URL, durationMs: number): DeliveryResponse {
	return { kind: 'unanswered', durationMs, ...describe(error, url) };
}

function describe(error: unknown, { host }: URL) {
	if (error instanceof BlockedHostError) {
		return { reason: 'blocked', message: error.message } as const;
	}
	if (error instanceof TimeoutError) return { reason: 'timeout', message: error.message } as const;
	if (error instanceof StoppedError) return { reason: 'stopped', message: error.message } as const;
	const { code } = error as { code?: unknown };
	const known = typeof code === 'string' ? EXPLANATIONS.get(code) : undefined;
	const text = known ?? errorText(error);
	const suffix = typeof code === 'string' ? ` (${code}, ${host})` : ` (${host})`;
	return { reason: 'network', message: `${text}${suffix}` } as const;
}
