import { NodeOperationError } from 'n8n-workflow';
import type { ITriggerFunctions } from 'n8n-workflow';
import type { UserMessage } from '../../shared/gatewayConnection';
import { reportFailure } from '../../shared/n8nInternals';
import type { Trouble } from './gateway';

const MINUTE_MS = 60_000;

/** How long each trouble may last before somebody is told: an update of a gateway takes some minutes. */
const TOLD_AFTER_MS: Readonly<Record<Trouble['kind'], number>> = {
	unknown: 10 * MINUTE_MS,
	away: 10 * MINUTE_MS,
	// The one before this n8n may have been killed a moment ago.
	taken: 2 * MINUTE_MS,
	refused: MINUTE_MS,
};

const FIRST_PAUSE_MS = 1_000;

/** What has run meanwhile can be settled once the gateway is back, and is run again should n8n end before. */
const LONGEST_PAUSE_MS: Readonly<Record<Trouble['kind'], number>> = {
	unknown: 5_000,
	away: 5_000,
	taken: 30_000,
	// A gateway locks out who comes with a wrong token again and again.
	refused: 30_000,
};

/** A time in which no events can be fetched: told once in the log and once by a failed execution. */
export class Outage {
	private since: number | undefined;
	private pauseMs = FIRST_PAUSE_MS;
	private isTold = false;

	/**
	 * @param now milliseconds since 1970
	 * @returns milliseconds to wait before the next try
	 */
	goesOn(context: ITriggerFunctions, { kind, text }: Trouble, now: number): number {
		if (this.since === undefined || now < this.since) {
			this.since = now;
			context.logger.warn(`OpenClaw Trigger fetches no events at the moment: ${text.message}`, {
				workflowId: context.getWorkflow().id,
				nodeName: context.getNode().name,
				advice: text.description,
			});
		}
		if (!this.isTold && now - this.since >= TOLD_AFTER_MS[kind]) {
			this.isTold = true;
			reportFailure(context, failureOf(context, text));
		}
		const pause = Math.min(this.pauseMs, LONGEST_PAUSE_MS[kind]);
		this.pauseMs = 2 * pause;
		return pause;
	}

	isOver(context: ITriggerFunctions): void {
		if (this.since !== undefined) context.logger.info('OpenClaw Trigger fetches events again');
		this.since = undefined;
		this.pauseMs = FIRST_PAUSE_MS;
		this.isTold = false;
	}

	/** Whether a failed execution has told of it: in earlier releases of n8n that starts the trigger anew. */
	get hasBeenTold(): boolean {
		return this.isTold;
	}
}

export function failureOf(context: ITriggerFunctions, text: UserMessage): NodeOperationError {
	return new NodeOperationError(context.getNode(), text.message, { description: text.description });
}
