import { checkKeys, optional, readBoolean, readInteger } from './configFields';
import type { Field } from './configFields';
import type { OutboxConfig } from './configTypes';

/** What holds where `outbox` says nothing else. */
export const DEFAULT_OUTBOX: OutboxConfig = {
	retentionDays: 14,
	maxMegabytes: 1024,
	powerSafe: false,
};

const MAX_RETENTION_DAYS = 365;
const MAX_MEGABYTES = 1_000_000;

/** Reads `outbox`, with the defaults for what it leaves out. */
export function readOutbox(field: Field): OutboxConfig | undefined {
	if (!checkKeys(field, Object.keys(DEFAULT_OUTBOX))) return undefined;
	return {
		...DEFAULT_OUTBOX,
		...optional(field, 'retentionDays', (inner) => readInteger(inner, 1, MAX_RETENTION_DAYS)),
		...optional(field, 'maxMegabytes', (inner) => readInteger(inner, 1, MAX_MEGABYTES)),
		...optional(field, 'powerSafe', readBoolean),
	};
}
