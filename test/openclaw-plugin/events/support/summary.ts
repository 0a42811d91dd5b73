import { at, textAt } from '../../../../testbed/json';
import type { Emitted } from './eventHarness';

/**
 * An event in one line: type, channel and user, what it is about, model and tokens.
 *
 * @example
 * 'message.sent telegram 777 "Understood" model-1 100+22'
 */
export function summarize({ type, data }: Emitted): string {
	const usage = at(data, 'usage');
	const tool = textAt(data, 'tool', 'name');
	const error = textAt(data, 'error', 'message');
	const parts = [
		type,
		data.channel,
		data.userId,
		tool,
		error === '' ? undefined : `${textAt(data, 'error', 'source')}: ${shorten(error)}`,
		error === '' && at(data, 'message') !== undefined
			? JSON.stringify(shorten(textAt(data, 'message', 'content')))
			: undefined,
		data.reason,
		data.resumedFrom === undefined ? undefined : 'resumed',
		textAt(data, 'model'),
		usage === undefined
			? ''
			: `${String(at(usage, 'inputTokens'))}+${String(at(usage, 'outputTokens'))}`,
		data.recovered === true ? 'recovered' : '',
	];
	return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function shorten(text: string): string {
	const line = text.replaceAll('\n', ' ');
	return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
