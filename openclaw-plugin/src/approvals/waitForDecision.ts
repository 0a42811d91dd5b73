import { sharedOf } from '../shared';
import type { Approval, Resolution } from './approval';

/**
 * The tool calls that wait in this process, whichever instance of the plugin they wait in: decisions come to
 * another one.
 */
export interface WaitingCalls {
	has(id: string): boolean;
	/** Ids, the oldest first. */
	ids(): readonly string[];
	/** @param look called when something may have been decided */
	add(id: string, look: () => void): void;
	delete(id: string): void;
	wake(id: string): void;
}

/** Those of one gateway. */
export function waitingCalls(folder: string): WaitingCalls {
	return sharedOf(folder).slot('approvals', () => {
		const looks = new Map<string, () => void>();
		return {
			has: (id: string) => looks.has(id),
			ids: () => [...looks.keys()],
			add: (id: string, look: () => void) => {
				looks.set(id, look);
			},
			delete: (id: string) => {
				looks.delete(id);
			},
			wake: (id: string) => {
				looks.get(id)?.();
			},
		};
	});
}

export interface WaitOptions {
	readonly id: string;
	/** See `Approvals`. */
	readonly approvals: {
		find(id: string): Approval | undefined;
		close(id: string, resolution: Resolution): Approval | undefined;
	};
	readonly calls: WaitingCalls;
	/** After which the call is denied. */
	readonly milliseconds: number;
	/** Ends with the tool call, and so with its run. */
	readonly signal: AbortSignal | undefined;
}

/** How a call is let go on, or not. */
export type Ending =
	| { readonly decision: 'allow' }
	| { readonly decision: 'deny'; readonly resolution: Resolution };

/** Milliseconds between two looks at the database: the command line decides in another process. */
const LOOK_MS = 500;
/** Milliseconds until it is tried again to note an end that could not be stored. */
const AGAIN_MS = 1000;

const EXPIRED: Resolution = {
	decision: 'deny',
	cause: 'expired',
	reason: 'Nobody decided in time',
};
/** It stayed behind with a damaged database: nobody can decide on it any more. */
const LOST: Resolution = { decision: 'deny', reason: 'The question got lost with the database' };
const ABORTED: Resolution = { decision: 'deny', cause: 'aborted', reason: 'The run was stopped' };

/**
 * Waits until a call is decided on, its time is over, or its run ends. Whatever keeps a decision from being
 * read denies the call in the end. Never rejects.
 *
 * @example
 * const ending = await waitForDecision({ id, approvals, calls, milliseconds: 300_000, signal });
 */
export async function waitForDecision(options: WaitOptions): Promise<Ending> {
	const { id, approvals, calls, milliseconds, signal } = options;
	return await new Promise((resolve) => {
		/** Whether something has ended it already. */
		let isOver = false;
		const finish = (ending: Ending) => {
			isOver = true;
			clearTimeout(timer);
			clearInterval(looking);
			signal?.removeEventListener('abort', abort);
			calls.delete(id);
			resolve(ending);
		};
		const look = () => {
			if (isOver) return;
			try {
				const approval = approvals.find(id);
				if (approval === undefined) finish({ decision: 'deny', resolution: LOST });
				else if (approval.state !== 'waiting') finish(endingOf(approval));
			} catch {
				// The database cannot be read now; the call goes on waiting, for its time at most.
			}
		};
		/** What somebody has decided in the same moment counts, unless nobody waits for it any more. */
		const end = (resolution: Resolution) => {
			if (isOver) return;
			// Closing it looks at it.
			isOver = true;
			const closed = tryToClose(options, resolution);
			const isDecided = closed?.state === 'allowed' && resolution.cause !== 'aborted';
			finish(isDecided ? { decision: 'allow' } : { decision: 'deny', resolution });
		};
		const abort = () => {
			end(ABORTED);
		};
		const timer = setTimeout(() => {
			end(EXPIRED);
		}, milliseconds);
		const looking = setInterval(look, LOOK_MS);
		calls.add(id, look);
		signal?.addEventListener('abort', abort, { once: true });
		if (signal?.aborted === true) abort();
		look();
	});
}

function endingOf({ state, by, reason, cause }: Approval): Ending {
	if (state === 'allowed') return { decision: 'allow' };
	return { decision: 'deny', resolution: { decision: 'deny', by, reason, cause } };
}

/** The call is denied in any case; that it was is noted as soon as that is possible. */
function tryToClose(
	{ id, approvals }: Pick<WaitOptions, 'id' | 'approvals'>,
	resolution: Resolution,
): Approval | undefined {
	try {
		return approvals.close(id, resolution);
	} catch {
		setTimeout(() => {
			tryToClose({ id, approvals }, resolution);
		}, AGAIN_MS).unref();
		return undefined;
	}
}
