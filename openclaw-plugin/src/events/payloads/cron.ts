import { fieldsOf, textOf } from './fields';
import { runOrigin } from './origin';
import type { Origin } from './origin';

/** A scheduled run whose reply could not be delivered, as `cron_changed` says. */
export interface UndeliveredCronReply {
	readonly origin: Origin;
	readonly failure: string;
}

/** Undefined for all else that `cron_changed` tells. */
export function parseUndelivered(event: unknown): UndeliveredCronReply | undefined {
	const fields = fieldsOf(event);
	const failure = textOf(fields, 'deliveryError');
	const isUndelivered = textOf(fields, 'deliveryStatus') === 'not-delivered';
	if (textOf(fields, 'action') !== 'finished' || !isUndelivered || failure === undefined) {
		return undefined;
	}
	// Its run id is that of the schedule, which no other hook knows.
	return { origin: { ...runOrigin(fields, {}), runId: undefined }, failure };
}
