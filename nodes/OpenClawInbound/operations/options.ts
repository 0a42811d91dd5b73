import { headerSafeKey } from '../../../protocol/idempotencyKey';
import type { UserMessage } from '../../shared/gatewayConnection';
import type { JsonSchema } from '../../shared/jsonSchema';
import { readFlag, readText } from '../../shared/parameterValues';
import { readReplySchema } from './structuredReply';

/** What the collection 'Options' holds, with defaults filled in. */
export interface InboundOptions {
	/** A pasted `openclaw.json5`, or an empty text. */
	readonly config: string;
	readonly idempotencyKey: string | undefined;
	readonly timeoutMs: number;
	/** Whether the node gives out the agent's reply; undefined where the user has not chosen. */
	readonly waitForReply: boolean | undefined;
	/** Whether a run that the node waits for ends with a canceled execution. */
	readonly cancelRun: boolean;
	/** How long for a reply at most. */
	readonly replySeconds: number;
	/** What the agent's reply has to fit; undefined for any text. */
	readonly replySchema: JsonSchema | undefined;
	/** Who decides on a tool call. */
	readonly by: string | undefined;
	/** Why it is decided so. */
	readonly reason: string | undefined;
	readonly maxConcurrency: number;
	readonly maxAttempts: number;
	readonly backoffMs: number;
	/** Fields that go into the body of `/hooks/agent` as they are; those not given are absent. */
	readonly agentFields: AgentFields;
}

export type AgentFields = Readonly<
	Partial<Record<(typeof TEXT_FIELDS)[number], string> & { deliver: boolean }>
>;

export type ReadOptions =
	| { ok: true; options: InboundOptions }
	| { ok: false; reason: UserMessage };

/** Defaults of the options that have one; the description shows the same. */
export const OPTION_DEFAULTS = {
	timeout: 60,
	replySeconds: 300,
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
	replySeconds: { label: 'Reply Timeout (Seconds)', min: 1, max: 86_400 },
	maxConcurrency: { label: 'Max Concurrency', min: 1, max: 100 },
	maxAttempts: { label: 'Max Attempts', min: 1, max: 20 },
	backoffMs: { label: 'Backoff (Ms)', min: 0, max: 3_600_000 },
};

const TEXT_FIELDS = ['sessionKey', 'channel', 'to', 'model', 'thinking'] as const;
const TEXT_LABELS: Readonly<Record<string, string>> = {
	sessionKey: 'Session Key',
	channel: 'Channel',
	to: 'To',
	model: 'Model',
	thinking: 'Thinking',
	config: 'Config (JSON5)',
	idempotencyKey: 'Idempotency Key',
	by: 'Decided By',
	reason: 'Reason',
};
const FLAG_LABELS = {
	cancelRun: 'Cancel Run',
	deliver: 'Deliver',
	waitForReply: 'Wait for Reply',
} as const;

/**
 * Checks the options of one item. Expressions may give other types than the editor: what is meant beyond
 * doubt is converted, the rest is refused by the option's name.
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
		const number = toNumber(given[name] ?? OPTION_DEFAULTS[name]);
		if (!(number >= min && number <= max)) {
			return refuse(
				`'${label}' in the options is not a number from ${String(min)} to ${String(max)}`,
				`Enter a number in this range, or remove the option to use ${String(OPTION_DEFAULTS[name])}`,
			);
		}
		numbers[name] = number;
	}
	const texts: Record<string, string> = {};
	for (const [name, label] of Object.entries(TEXT_LABELS)) {
		const text = readText(given[name]);
		if (text === undefined) {
			return refuse(
				`'${label}' in the options is not a text`,
				'Enter a text, or change the expression so that it gives one',
			);
		}
		if (text !== '') texts[name] = text;
	}
	const flags: Partial<Record<keyof typeof FLAG_LABELS, boolean>> = {};
	for (const name of Object.keys(FLAG_LABELS) as (keyof typeof FLAG_LABELS)[]) {
		const flag = readFlag(given[name]);
		if (flag === 'unclear') {
			return refuse(
				`'${FLAG_LABELS[name]}' in the options is neither true nor false`,
				'Turn it on or off, or change the expression so that it gives true or false',
			);
		}
		if (flag !== undefined) flags[name] = flag;
	}
	const replySchema = readReplySchema(given.replySchema);
	if (!replySchema.ok) return replySchema;
	const { config = '', idempotencyKey, by, reason } = texts;
	const fields = TEXT_FIELDS.filter((name) => texts[name] !== undefined);
	return {
		ok: true,
		options: {
			config,
			idempotencyKey: idempotencyKey === undefined ? undefined : headerSafeKey(idempotencyKey),
			timeoutMs: Math.round(numbers.timeout * 1000),
			waitForReply: flags.waitForReply,
			cancelRun: flags.cancelRun ?? false,
			replySeconds: Math.ceil(numbers.replySeconds),
			replySchema: replySchema.schema,
			by,
			reason,
			maxConcurrency: Math.floor(numbers.maxConcurrency),
			maxAttempts: Math.floor(numbers.maxAttempts),
			backoffMs: numbers.backoffMs,
			agentFields: {
				...Object.fromEntries(fields.map((name) => [name, texts[name]])),
				...(flags.deliver === undefined ? {} : { deliver: flags.deliver }),
			},
		},
	};
}

function refuse(message: string, description: string): ReadOptions {
	return { ok: false, reason: { message, description } };
}

function toNumber(value: unknown): number {
	if (typeof value === 'number') return value;
	return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
