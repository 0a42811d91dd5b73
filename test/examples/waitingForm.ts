import { at, isObject } from '../../testbed/json';
import type { ReceivedRequest } from '../../testbed/httpSink';

/** The link to the form that a message to Slack has on its button. */
export function formLink(request: ReceivedRequest | undefined): string {
	const link = at(request?.json, 'blocks', 1, 'elements', 0, 'url');
	if (typeof link !== 'string') throw new Error(`No button in ${JSON.stringify(request?.json)}`);
	return link;
}

/** The page with the form, as a browser gets it. */
export async function readForm(link: string): Promise<string> {
	const response = await fetch(link);
	const text = await response.text();
	if (response.status !== 200) throw new Error(`The form answered ${response.status}: ${text}`);
	return text;
}

/**
 * Sends the form off, as the page does.
 *
 * @param values of its fields, in their order
 * @returns the status of the answer
 */
export async function submitForm(link: string, values: readonly string[]): Promise<number> {
	const form = new FormData();
	for (const [index, value] of values.entries()) form.append(`field-${String(index)}`, value);
	const { status } = await fetch(link, { method: 'POST', body: form });
	return status;
}

/** The words of all parts of a message to Slack. */
export function wordsOf(message: unknown): string {
	if (typeof message === 'string') return message;
	const values = isObject(message) ? Object.values(message) : [];
	const parts: readonly unknown[] = Array.isArray(message) ? message : values;
	return parts.map(wordsOf).join('\n');
}
