import type { EndpointConfig } from '../protocol';

/** A receiver of events, ready to be sent to. */
export interface Endpoint extends Omit<EndpointConfig, 'secret' | 'url' | 'allowPrivateHosts'> {
	readonly url: string;
	readonly allowPrivateHosts?: boolean;
	/** All that sign: the current one first, then the ones being retired. Empty: unsigned. */
	readonly secrets: readonly string[];
	/**
	 * Whether it comes from the configuration file, was made over the API, or is the queue of callbacks to
	 * one origin, which no events go to and nobody can change.
	 */
	readonly origin: 'config' | 'api' | 'callback';
	/** Why nothing can be sent to it; `enabled` is false then. */
	readonly fault?: string;
}
