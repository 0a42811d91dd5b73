import type { Logger } from './gatewayApi';

const PREFIX = '[event-webhooks] ';

/** Names the plugin in each line, as the gateway's log does not. */
export function createLogger(logger: Logger): Logger {
	const named = (message: string) => (message.startsWith(PREFIX) ? message : PREFIX + message);
	return {
		debug: (message) => logger.debug?.(named(message)),
		info: (message) => {
			logger.info(named(message));
		},
		warn: (message) => {
			logger.warn(named(message));
		},
		error: (message) => {
			logger.error(named(message));
		},
	};
}

/** The message of whatever was thrown. */
export function errorText(error: unknown): string {
	// Errors of Node.js's own modules may be of another realm: `instanceof` does not know them.
	const { message } = (error ?? {}) as { message?: unknown };
	return typeof message === 'string' ? message : String(error);
}
