import type { UserMessage } from '../shared/gatewayConnection';

/** What the collection 'Options' holds, with defaults filled in. */
export interface InboundOptions {
	/** A pasted `openclaw.json5`, or an empty text. */
	readonly config: string;
	readonly idempotencyKey: string | undefined;
	readonly timeoutMs: number;
	/** Whether the node gives out the agent's reply; undefined where the user has not chosen. */
	readonly waitForReply: boolean | undefined;
	readonly maxConcurrency: number;
	readonly maxAttempts: number;
	readonly backoffMs: number;
	/** Fields that go into the body of `/hooks/agent` as they are; those not given are absent. */
	readonly agentFields: Readonly<Record<string, string | boolean>>;
}

export type ReadOptions =
	| { ok: true; options: InboundOptions }
	| { ok: false; reason: UserMessage };

/** Defaults of the options that have one; the description shows the same. */
export const OPTION_DEFAULTS = {
	timeout: 60,
	maxConcurrency: 5,
	maxAttempts: 5,
	backoffMs: 1000,
} as const;

interface Range {
	readonly label: string;
	readonly min: number;
	readonly max: number;
}

const RANGES: Readonly<Record<keyof typeof OPTION_DEFAULTS, Range>> = {
	timeout: { label: 'Timeout (Seconds)', min: 1, max: 3600 },
	maxConcurrency: { label: 'Max Concurrency', min: 1, max: 100 },
	maxAttempts: { label: 'Max Attempts', min: 1, max: 20 },
	backoffMs: { label: 'Backoff (Ms)', min: 0, max: 3_600_000 },
};

const MAX_KEY_LENGTH = 256;
// What an HTTP header can carry; a gateway trims it.
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const TEXT_FIELDS = ['sessionKey', 'channel', 'to', 'model', 'thinking'] as const;

/**
 * Checks the options of one item.
 *
 * @param value the collection as n8n gives it
 * @returns the options, or which one has to be changed
 */
export function readOptions(value: unknown): ReadOptions {
	const given: Readonly<Record<string, unknown>> =
		typeof value === 'object' && value !== null ? { ...value } : {};
	const numbers: Record<keyof typeof OPTION_DEFAULTS, number> = { ...OPTION_DEFAULTS };
	for (const name of Object.keys(RANGES) as (keyof typeof OPTION_DEFAULTS)[]) {
		const { label, min, max } = RANGES[name];
		const number = Number(given[name] ?? OPTION_DEFAULTS[name]);
		if (!(number >= min && number <= max)) {
			return refuse(
				`'${label}' in the options is not a number from ${String(min)} to ${String(max)}`,
				`Enter a number in this range, or remove the option to use ${String(OPTION_DEFAULTS[name])}`,
			);
		}
		numbers[name] = number;
	}
	const idempotencyKey = textOf(given.idempotencyKey).trim();
	if (
		idempotencyKey.length > MAX_KEY_LENGTH ||
		(idempotencyKey !== '' && !KEY.test(idempotencyKey))
	) {
		return refuse(
			"'Idempotency Key' in the options is not usable as one",
			`Use at most ${String(MAX_KEY_LENGTH)} plain letters, digits and signs without line breaks, for example the ID of the record that the item is about`,
		);
	}
	const agentFields: Record<string, string | boolean> = {};
	for (const name of TEXT_FIELDS) {
		const text = textOf(given[name]).trim();
		if (text !== '') agentFields[name] = text;
	}
	if (typeof given.deliver === 'boolean') agentFields.deliver = given.deliver;
	return {
		ok: true,
		options: {
			config: textOf(given.config),
			idempotencyKey: idempotencyKey === '' ? undefined : idempotencyKey,
			timeoutMs: Math.round(numbers.timeout * 1000),
			waitForReply: typeof given.waitForReply === 'boolean' ? given.waitForReply : undefined,
			maxConcurrency: Math.floor(numbers.maxConcurrency),
			maxAttempts: Math.floor(numbers.maxAttempts),
			backoffMs: numbers.backoffMs,
			agentFields,
		},
	};
}

function refuse(message: string, description: string): ReadOptions {
	return { ok: false, reason: { message, description } };
}

function textOf(value: unknown): string {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' ? value : '';
}
