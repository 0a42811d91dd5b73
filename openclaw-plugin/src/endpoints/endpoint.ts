import type { EndpointConfig } from '../protocol';

/** A receiver of events, ready to be sent to. */
export interface Endpoint extends Omit<EndpointConfig, 'secret'> {
	/** All that sign: the current one first, then the ones being retired. Empty: unsigned. */
	readonly secrets: readonly string[];
	/** Whether it comes from the configuration file or was made over the API. */
	readonly origin: 'config' | 'api';
	/** Why nothing can be sent to it; `enabled` is false then. */
	readonly fault?: string;
}
