/**
 * What can be wrong with the plugin. `events-lost` and `database-replaced` are about the past: they stay
 * until the gateway is started again, or the set-aside file is deleted.
 */
export type FaultCode =
	| 'config'
	| 'disk-full'
	| 'database-unavailable'
	| 'database-replaced'
	| 'outbox-full'
	| 'events-waiting'
	| 'events-lost'
	| 'internal';

/** Something a person has to know about. */
export interface Fault {
	readonly code: FaultCode;
	/** What it is about where there may be several: a key of the configuration, a file. */
	readonly subject?: string;
	/** `fault`: something does not work now. `notice`: it was dealt with. */
	readonly severity: 'fault' | 'notice';
	/** What happened, and how to go on. No secrets. */
	readonly message: string;
	/** Milliseconds since 1970. */
	readonly since: number;
	/** How many events it is about. */
	readonly count?: number;
}

/** A fault to report; when it is reported again, its time stays that of the first report. */
export type NewFault = Omit<Fault, 'since'>;
