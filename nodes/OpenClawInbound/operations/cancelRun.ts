import { outlivingCancel } from '../../shared/n8nInternals';
import { deliver } from './delivery';
import type { Task } from './task';

/** Milliseconds and tries: nobody waits for it any more. */
const TIMEOUT_MS = 10_000;
const POLICY = { maxAttempts: 3, backoffMs: 500 } as const;

/**
 * Ends an agent's run that the node has waited for, when its execution was canceled and the user wants that. An execution
 * that ends otherwise leaves its runs alone: a further try of the node goes on with them.
 *
 * @param runId what the gateway has called it
 * @returns never throws; a run that could not be ended is told in n8n's log
 */
export async function cancelRunIfWanted(
	{ context, run, optionsOf }: Task,
	runId: string,
	itemIndex: number,
): Promise<void> {
	const isCanceled = context.getExecutionCancelSignal()?.aborted === true;
	if (!isCanceled || !optionsOf(itemIndex).cancelRun) return;
	const { signal } = new AbortController();
	const told = await deliver(
		{ ...run, signal, context: outlivingCancel(context, signal) },
		{
			request: {
				method: 'POST',
				path: `${run.connection.inboundPath}/runs/${encodeURIComponent(runId)}/cancel`,
				timeoutMs: TIMEOUT_MS,
			},
			target: { kind: 'run', runId },
			policy: POLICY,
		},
	);
	// The gateway tells of a run that has ended so as a failed one.
	if (told.ok || told.failedRun !== undefined) return;
	context.logger.warn(
		`OpenClaw Inbound could not cancel the run ${runId}: ${told.failure.message}`,
	);
}
