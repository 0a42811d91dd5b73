import type { Outcome } from '../endpoints/manage';

/** Why a command could not do what it was asked to. */
export class CliFault extends Error {
	/**
	 * @param code for programs, in the form `not_found`
	 * @param message what happened, to what, and how to go on
	 */
	constructor(
		readonly code: string,
		message: string,
	) {
		super(message);
	}

	/** What the process ends with: 1 when it failed, 2 when it was called wrongly. */
	get exitCode(): 1 | 2 {
		return this.code === 'usage' ? 2 : 1;
	}
}

/**
 * The value of something that was done.
 *
 * @throws CliFault that says why it was not
 */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
	if (outcome.ok) return outcome.value;
	const { code, message } = outcome.refused;
	throw new CliFault(code, `${message}.`);
}

/** The command line is wrong: nothing was done. */
export function usageFault(message: string): CliFault {
	return new CliFault('usage', message);
}

/** What an error says about itself. */
export function messageOf(error: unknown): string {
	const isTelling = typeof error === 'object' && error !== null && 'message' in error;
	return String(isTelling ? error.message : error);
}
