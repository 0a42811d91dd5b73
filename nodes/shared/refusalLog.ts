import type { IWebhookFunctions } from 'n8n-workflow';

const INTERVAL_MS = 1_000;
const MAX_KINDS = 1_000;

interface Kind {
	loggedAt: number;
	withheld: number;
}

/** Limits log lines to one per second and kind, since anyone can cause a refusal. */
export class RefusalLog {
	private readonly kinds = new Map<string, Kind>();

	/**
	 * @param now milliseconds since 1970
	 * @returns whether to write a line, and how many like it were withheld since the last one
	 */
	admit(kind: string, now: number): { write: boolean; withheld: number } {
		const present = this.kinds.get(kind);
		const age = present ? now - present.loggedAt : INTERVAL_MS;
		if (present && age >= 0 && age < INTERVAL_MS) {
			present.withheld += 1;
			return { write: false, withheld: 0 };
		}
		this.kinds.delete(kind);
		this.kinds.set(kind, { loggedAt: now, withheld: 0 });
		for (const oldest of this.kinds.keys()) {
			if (this.kinds.size <= MAX_KINDS) break;
			this.kinds.delete(oldest);
		}
		return { write: true, withheld: present?.withheld ?? 0 };
	}
}

const refusals = new RefusalLog();

/**
 * Logs why a request was refused or could not be handled: the reason, never the secret, the signature
 * or the body.
 *
 * @param what begins the line: the node's name and what it did
 * @param now milliseconds since 1970
 */
export function logRefusal(
	context: IWebhookFunctions,
	what: string,
	level: 'warn' | 'error',
	reason: string,
	now: number,
): void {
	const workflowId = context.getWorkflow().id ?? '';
	const { write, withheld } = refusals.admit(`${what} ${workflowId} ${reason}`, now);
	if (!write) return;
	context.logger[level](what + reason, {
		workflowId,
		nodeName: context.getNode().name,
		...(withheld > 0 ? { alsoRefusedSinceLastLine: withheld } : {}),
	});
}
