import type { EndpointRecord, Refused } from './endpoint';

/**
 * Why a use case was refused, in the words that the command line, the API and the dashboard show. Each says
 * how to go on and holds no secret.
 */

/** How many endpoints may be made over the API. */
export const MAX_ENDPOINTS = 1000;

export function refuse(refused: Refused): { readonly ok: false; readonly refused: Refused } {
	return { ok: false, refused };
}

/** Shortens what a request named, so that an answer stays an answer. */
function shown(name: string): string {
	return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

export function unknownEndpoint(name: string, known: readonly EndpointRecord[]): Refused {
	const names = known
		.filter(({ kind, lifecycle }) => kind !== 'callback' && lifecycle.state !== 'removed')
		.map((endpoint) => `'${endpoint.name}'`);
	const hint =
		names.length === 0
			? 'There are none yet'
			: `There are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}`;
	return {
		code: 'unknown-endpoint',
		message: `There is no endpoint '${shown(name)}' at this gateway. ${hint}`,
	};
}

/** Only the file's owner changes the configuration file. */
export function setInConfiguration(name: string): Refused {
	return {
		code: 'set-in-configuration',
		message: `The endpoint '${shown(name)}' is set in the gateway's configuration file, under plugins.entries["event-webhooks"].config.endpoints. Change it there, or use another name`,
	};
}

export function endpointExists(name: string): Refused {
	return {
		code: 'endpoint-exists',
		path: 'name',
		message: `There is an endpoint '${shown(name)}' already. Use another name, or change that one`,
	};
}

export function otherRegistrant(name: string): Refused {
	return {
		code: 'other-registrant',
		message: `The endpoint '${shown(name)}' was made by another n8n, which may still be using it: this one may be a copy of it. If the other one is gone, remove the endpoint with 'openclaw event-webhooks endpoints remove ${shown(name)}' and publish again`,
	};
}

export function otherKind(name: string, kind: string): Refused {
	return {
		code: 'endpoint-exists',
		path: 'kind',
		message: `There is an endpoint '${shown(name)}' of the kind '${kind}' already. Remove it first, or use another name`,
	};
}

export function callbackQueue(name: string): Refused {
	return {
		code: 'callback-queue',
		message: `'${shown(name)}' is a queue of callbacks, which comes and goes by itself: each callback has its own secret`,
	};
}

export function disabledInSettings(name: string): Refused {
	return {
		code: 'set-in-configuration',
		message: `The endpoint '${shown(name)}' is switched off by "enabled": false in its settings: change it there`,
	};
}

export function notActive(name: string, lifecycle: EndpointRecord['lifecycle']): Refused {
	const why = 'reason' in lifecycle ? `: ${lifecycle.reason}` : '';
	return {
		code: 'endpoint-not-active',
		message: `Nothing is sent to the endpoint '${shown(name)}', it is ${lifecycle.state}${why}`,
	};
}

export const TOO_MANY_ENDPOINTS: Refused = {
	code: 'too-many-endpoints',
	message: `There are ${String(MAX_ENDPOINTS)} endpoints already. Remove some that are not used any more`,
};

export const BODY_NOT_KEPT: Refused = {
	code: 'body-not-kept',
	message:
		'It cannot be sent again: it was delivered, and its endpoint wants no bodies to be kept then (privacy.dropBodiesAfterDelivery)',
};

export const NOTHING_SELECTED: Refused = {
	code: 'nothing-selected',
	message: 'Say what to replay: deliveries, events, a status, a time or an endpoint',
};

export function notSigned(name: string): Refused {
	return {
		code: 'not-signed',
		message: `Endpoint '${shown(name)}' has no secret in the configuration, so there is nothing to rotate. Add "secret" to it to have its events signed`,
	};
}

/** @param written as it stands in the file */
export function keptElsewhere(name: string, written: unknown): Refused {
	const where =
		typeof written === 'string'
			? `the environment (${written})`
			: 'a secret reference of the gateway';
	return {
		code: 'kept-elsewhere',
		message: [
			`The secret of endpoint '${shown(name)}' comes from ${where}, so it has to be rotated there:`,
			'  1. Put the new secret and the old one there, separated by a blank: both sign.',
			'  2. Restart the gateway if it reads that place at its start only, and give the receiver the new secret.',
			'  3. Take the old secret away.',
		].join('\n'),
	};
}
