import type { Refusal } from '../http/answers';

/** Shortens what a request named, so that an answer stays an answer. */
function shown(name: string): string {
	return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

export function unknownEndpoint(name: string): Refusal {
	const message = `There is no endpoint '${shown(name)}' at this gateway`;
	return { status: 404, code: 'unknown-endpoint', message };
}

/** Only the file's owner changes the configuration file. */
export function setInConfiguration(name: string): Refusal {
	return {
		status: 409,
		code: 'set-in-configuration',
		message: `The endpoint '${shown(name)}' is set in the gateway's configuration file, under plugins.entries["event-webhooks"].config.endpoints. Change it there, or use another name`,
	};
}

export function disabledEndpoint(name: string, reason: string): Refusal {
	return {
		status: 409,
		code: 'endpoint-disabled',
		message: `Nothing is sent to the endpoint '${shown(name)}': ${reason}`,
	};
}

export function invalidField(path: string, message: string): Refusal {
	return { status: 400, code: 'invalid-endpoint', path, message };
}

export const TOO_MANY_ENDPOINTS: Refusal = {
	status: 409,
	code: 'too-many-endpoints',
	message: 'There are 1000 endpoints already. Delete some that are not used any more',
};

export const NO_SUCH_PATH: Refusal = {
	status: 404,
	code: 'unknown-path',
	message: 'There is nothing at this path of the API',
};

export const NOT_DONE: Refusal = {
	status: 503,
	code: 'not-stored',
	message: "The gateway could not store the change: see its log, or 'openclaw event-webhooks list'",
	headers: { 'Retry-After': '10' },
};
