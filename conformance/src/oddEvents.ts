import { deflateSync, gzipSync } from 'node:zlib';
import type { OpenClawEvent } from '../../protocol/event';
import { capturedEvent, capturedEvents } from './capturedEvents';
import type { Delivery } from './sendEvent';

/** A genuine request that a receiver has to take, however odd it looks. */
export interface OddRequest {
	readonly event: OpenClawEvent;
	/** How it is sent. */
	readonly delivery?: Partial<Delivery>;
}

/** Genuine requests of one kind. */
export interface OddKind {
	/** Completes "an event …". */
	readonly name: string;
	/**
	 * Makes them, each with an event of its own.
	 *
	 * @param secret what the receiver verifies with
	 */
	readonly requests: (secret: string) => readonly OddRequest[];
	/** Whether the protocol leaves it to the receiver to take it, as OpenClaw Trigger does. */
	readonly isUpToReceiver?: boolean;
}

const saying = (content: string) =>
	capturedEvent('message.received', { message: { role: 'user', content } });

function compressed(encoding: string, compress: (text: string) => Buffer): OddKind {
	return {
		name: `compressed by ${encoding}`,
		requests: () => {
			const event = capturedEvent('tool.completed');
			const sentBody = compress(JSON.stringify(event));
			return [{ event, delivery: { sentBody, headers: { 'content-encoding': encoding } } }];
		},
		isUpToReceiver: true,
	};
}

function claimed(contentType: string): OddKind {
	return {
		name: `that claims to be ${contentType}`,
		requests: () => [
			{
				event: capturedEvent('message.received', { message: { content: '好' } }),
				delivery: { headers: { 'content-type': contentType } },
			},
		],
		isUpToReceiver: true,
	};
}

/** What a receiver has to accept and pass on as it is. */
export const ODD_EVENTS: readonly OddKind[] = [
	{
		name: 'of each type, as a real gateway reports them',
		requests: () => capturedEvents().map((event) => ({ event })),
	},
	{
		name: 'in Chinese, with emoji and with whatever else is text',
		requests: () => [
			{
				event: saying(
					'服务器着火了 🚒🔥 \u0000\u2028\u2029 \ud83d\ude00 "\\" </script> {{ $json.id }} ${x}',
				),
			},
		],
	},
	{
		name: 'of 200 KB',
		requests: () => [{ event: saying('Ünï©ødé '.repeat(20_000)) }],
	},
	compressed('gzip', (text) => gzipSync(text)),
	compressed('deflate', (text) => deflateSync(text)),
	{
		name: 'written with odd white space',
		requests: () => {
			const event = capturedEvent('session.created');
			const text = JSON.stringify(event, null, '\t').replaceAll('\n', '\r\n \n');
			return [{ event, delivery: { body: `\r\n\t ${text} \n\n` } }];
		},
	},
	{
		name: 'that names a key twice: the last one counts, as in JSON.parse',
		requests: () => {
			const event = capturedEvent('session.ended');
			const body = JSON.stringify(event).replace('{"id":', '{"id":"evt_first","id":');
			return [{ event, delivery: { body } }];
		},
	},
	claimed('text/plain'),
	claimed('application/octet-stream'),
	claimed('application/json; charset=latin1'),
	{
		name: 'with fields and a type that no one knows yet',
		requests: () => [
			{
				event: {
					...capturedEvent('message.sent'),
					type: 'memory.updated',
					sequence: 7,
					nested: { a: [null, 1.5, -0.1, 1e21, true] },
				},
			},
		],
	},
	{
		name: 'signed with an old and a new secret, while one is replaced',
		requests: (secret) => [
			{
				event: capturedEvent('message.sent'),
				delivery: { secret: ['whsec_the_new_one', secret] },
			},
		],
	},
];

/** JSON has none, and those who read it may pass over one (RFC 8259, section 8.1). */
export const WITH_BYTE_ORDER_MARK: OddKind = {
	name: 'that begins with a byte order mark',
	requests: () => {
		const event = capturedEvent('message.received');
		return [{ event, delivery: { body: `\uFEFF${JSON.stringify(event)}` } }];
	},
	isUpToReceiver: true,
};
