import type { GenericValue } from 'n8n-workflow';

import type { UserMessage } from '../../shared/gatewayConnection';
import { readJsonSchema } from '../../shared/jsonSchema';
import type { JsonSchema } from '../../shared/jsonSchema';
import { jsonInText } from './jsonInText';

/** What a reply is by a schema. */
export type StructuredReply =
	| { readonly ok: true; readonly value: GenericValue }
	/** `reason`: what does not fit, in a line. */
	| { readonly ok: false; readonly reason: string };

/** How much of a reply an error shows, and how much the agent is shown again, in characters. */
const SHOWN_LENGTH = 200;
const REPEATED_LENGTH = 20_000;
const MAX_REASON_LENGTH = 600;

/** Values that no schema is read from. */
const NONE: readonly unknown[] = [undefined, null, ''];

export type ReadReplySchema =
	| { readonly ok: true; readonly schema: JsonSchema | undefined }
	| { readonly ok: false; readonly reason: UserMessage };

/** Reads the option 'Reply Schema'; an empty one is none. */
export function readReplySchema(value: unknown): ReadReplySchema {
	const given = typeof value === 'string' ? value.trim() : value;
	if (NONE.includes(given)) return { ok: true, schema: undefined };
	const read = readJsonSchema(given);
	if (read.ok) return read;
	return {
		ok: false,
		reason: {
			message: "'Reply Schema' in the options cannot be used",
			description: `${shorten(read.message, MAX_REASON_LENGTH)}. Enter a JSON Schema such as {"type":"object","properties":{"level":{"type":"string"}},"required":["level"]}. Nothing was sent.`,
		},
	};
}

/** Tells the agent the schema, below a text that stays as it is. */
export function tellSchema(text: string, schema: JsonSchema): string {
	return `${text}\n\nReply with JSON only, without any other text. It must fit this JSON Schema:\n${schema.text}`;
}

/** Tells the agent what was wrong with its reply. Others may have written to it meanwhile, so that stands there, too. */
export function askAgain(reply: string, reason: string, schema: JsonSchema): string {
	return tellSchema(
		`Your reply could not be used: ${reason}.\n\nThis was your reply:\n${shorten(reply, REPEATED_LENGTH)}\n\nGive the same reply again, corrected.`,
		schema,
	);
}

/**
 * Reads what the agent has replied. With several values in the reply the first one that fits counts.
 *
 * @example
 * readStructuredReply('```json\n{"level":"high"}\n```', schema); // { ok: true, value: { level: 'high' } }
 */
export function readStructuredReply(reply: string, schema: JsonSchema): StructuredReply {
	let reason: string | undefined;
	for (const value of jsonInText(reply)) {
		const fault = schema.check(value);
		if (fault === undefined) return { ok: true, value: value as GenericValue };
		reason ??= fault;
	}
	return { ok: false, reason: shorten(reason ?? 'it has no JSON in it', MAX_REASON_LENGTH) };
}

/** What is wrong with a reply, with its beginning. */
export function describeMisfit(reply: string, reason: string): string {
	const beginning = shorten(reply.replace(/\s+/g, ' ').trim(), SHOWN_LENGTH);
	const shown = beginning === '' ? 'It is empty' : `It begins: ${beginning}`;
	return `The agent's reply does not fit 'Reply Schema': ${reason}. ${shown}`;
}

/** Cuts between characters. */
function shorten(text: string, length: number): string {
	if (text.length <= length) return text;
	return `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`;
}
