import { at, textAt, tryParseJson, type JsonObject } from './json';

/** What the scripted model answers to a turn. */
export type Reply =
	| {
			readonly kind: 'text';
			readonly text: string;
			readonly delayMs: number;
			/** In how many pieces it is streamed, and how long after one another; at once unless given. */
			readonly pace?: { readonly pieces: number; readonly everyMs: number };
	  }
	| {
			readonly kind: 'tool';
			readonly name: string;
			readonly args: string;
			readonly delayMs: number;
			/** What the model says before it calls. */
			readonly say?: string;
	  }
	| { readonly kind: 'fault'; readonly status: number; readonly delayMs: number };

/** Answers a message that says by no marker what the answer is (see {@link chooseReply}). */
export type UnmarkedReply = (message: string) => string;

const LONG_REPLY = `A long answer. ${'One more sentence of it. '.repeat(300)}`;

function delayOf(text: string): number {
	return Number(/\[\[slow:(\d{1,6})\]\]/.exec(text)?.[1] ?? 0);
}

function paceOf(text: string) {
	const pace = /\[\[stream:(\d{1,3}):(\d{1,5})\]\]/.exec(text);
	return pace === null ? {} : { pace: { pieces: Number(pace[1]), everyMs: Number(pace[2]) } };
}

/** What a marker made by {@link callMarker} asks for. */
function callOf(text: string): { name: string; args: string; say?: string } | undefined {
	const encoded = /\[\[call:([\w-]+)\]\]/.exec(text)?.[1];
	if (encoded === undefined) return undefined;
	const call = tryParseJson(Buffer.from(encoded, 'base64url').toString('utf8'));
	const say = textAt(call, 'say');
	const args = JSON.stringify(at(call, 'args') ?? {});
	return { name: textAt(call, 'name'), args, ...(say === '' ? {} : { say }) };
}

/** Makes the model call any tool: `callMarker('read', { path: 'a.txt' })`. */
export function callMarker(name: string, args: JsonObject, say?: string): string {
	const call = JSON.stringify({ name, args, say });
	return `[[call:${Buffer.from(call, 'utf8').toString('base64url')}]]`;
}

/** Makes the model answer a text that no marker could hold, or that must not be one in JSON. */
export function answerMarker(text: string): string {
	return `[[answer:${Buffer.from(text, 'utf8').toString('base64url')}]]`;
}

function answerOf(text: string): string | undefined {
	const encoded = /\[\[answer:([\w-]+)\]\]/.exec(text)?.[1];
	return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

/**
 * A tool call that succeeds, made of the tools that an agent offers: it lists the workspace, or, with
 * OpenClaw 2026.9.1, which has no `ls`, the agents.
 */
export function listingCall(tools: readonly string[]): { name: string; params: JsonObject } {
	return tools.includes('agents_list')
		? { name: 'agents_list', params: {} }
		: { name: 'ls', params: { path: '.' } };
}

/**
 * Chooses the answer by markers in the user's text: `[[tool]]` (lists something), `[[tool-error]]`
 * (reads a file that doesn't exist), `[[400]]`, `[[500]]`, `[[slow:<ms>]]`, `[[long]]`,
 * `[[reply:<text>]]`, `[[stream:<pieces>:<ms>]]`, `[[tell]]` (what a tool has answered), and what
 * {@link callMarker} and {@link answerMarker} make.
 *
 * @param text the last user message
 * @param turn.toolTexts the tools' results that follow that message already
 * @param turn.tools names of the tools that the agent offers
 * @param unmarked the answer to a message without a marker
 */
export function chooseReply(
	text: string,
	{
		toolTexts,
		tools,
	}: { readonly toolTexts: readonly string[]; readonly tools: readonly string[] },
	unmarked = 'Understood, I am on it.',
): Reply {
	const delayMs = delayOf(text);
	const pace = paceOf(text);
	if (toolTexts.length > 0) {
		const told = text.includes('[[tell]]')
			? `The tool said: ${toolTexts.join('\n')}`
			: 'I have looked with the tool: all is well.';
		return { kind: 'text', text: told, delayMs, ...pace };
	}
	const status = /\[\[(400|500)\]\]/.exec(text)?.[1];
	if (status !== undefined) return { kind: 'fault', status: Number(status), delayMs };
	if (text.includes('[[tool]]')) {
		const { name, params } = listingCall(tools);
		return { kind: 'tool', name, args: JSON.stringify(params), delayMs };
	}
	if (text.includes('[[tool-error]]')) {
		return { kind: 'tool', name: 'read', args: JSON.stringify({ path: '/no/such/file' }), delayMs };
	}
	const call = callOf(text);
	if (call !== undefined) return { kind: 'tool', delayMs, ...call };
	if (text.includes('[[long]]')) return { kind: 'text', text: LONG_REPLY, delayMs, ...pace };
	const wanted = /\[\[reply:([^\]]*)\]\]/.exec(text)?.[1];
	return { kind: 'text', text: wanted ?? answerOf(text) ?? unmarked, delayMs, ...pace };
}
