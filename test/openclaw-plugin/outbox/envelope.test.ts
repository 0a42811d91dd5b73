import { parseEvent } from '../../../openclaw-plugin/src/protocol';
import type { EventData, OpenClawEvent } from '../../../openclaw-plugin/src/protocol';
import { createEvent } from '../../../openclaw-plugin/src/outbox/envelope';

const AT = Date.parse('2026-03-14T10:30:00Z');
const MAX_BYTES = 1_048_576;

function create(data: EventData) {
	return createEvent({ type: 'tool.completed', data, at: AT, instanceId: 'node-1' });
}

/** The event as a receiver reads it. */
function read(body: string): OpenClawEvent {
	const parsed = parseEvent(JSON.parse(body));
	if (!parsed.ok) throw new Error(parsed.message);
	return parsed.event;
}

describe('createEvent', () => {
	it('makes the envelope of the protocol', () => {
		const { id, type, createdAt, body } = create({ agentId: 'main', tool: { name: 'ls' } });
		expect(id).toMatch(/^evt_[0-9a-z]{26}$/);
		expect({ type, createdAt }).toEqual({ type: 'tool.completed', createdAt: AT });
		expect(read(body)).toEqual({
			id,
			type: 'tool.completed',
			timestamp: '2026-03-14T10:30:00.000Z',
			instanceId: 'node-1',
			data: { agentId: 'main', tool: { name: 'ls' } },
		});
	});

	it('writes what JSON cannot hold as text', () => {
		const shared = { a: 1 };
		const cyclic: Record<string, unknown> = { first: shared, second: shared, size: 10n };
		cyclic.self = cyclic;
		expect(read(create({ result: cyclic }).body).data.result).toEqual({
			first: { a: 1 },
			second: { a: 1 },
			size: '10',
			self: '[circular]',
		});
	});
});

describe('an event that is too large', () => {
	it.each([
		['a long message', { message: { role: 'user', content: 'x'.repeat(2 * MAX_BYTES) } }],
		['a message of three bytes a character', { message: { content: '告'.repeat(MAX_BYTES / 2) } }],
		['a long result', { tool: { name: 'ls', result: { text: 'x'.repeat(3 * MAX_BYTES) } } }],
		['many texts', { tool: { params: Array.from({ length: 9e4 }, () => 'x'.repeat(50)) } }],
		[
			'many keys',
			Object.fromEntries(Array.from({ length: 2e5 }, (_, key) => [`k${String(key)}`, 1])),
		],
		['long keys', { ['k'.repeat(2 * MAX_BYTES)]: 1 }],
		['emoji', { message: { content: `x${'👍'.repeat(MAX_BYTES / 2)}` } }],
	])('is sent thin, with %s', (_, data) => {
		const event = read(create({ agentId: 'main', sessionId: 's-1', ...data }).body);
		expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(MAX_BYTES);
		expect(event.data).toMatchObject({ agentId: 'main', sessionId: 's-1', truncated: true });
	});

	it('is cut no more than it must be', () => {
		const content = 'x'.repeat(60_000);
		const result = 'y'.repeat(2 * MAX_BYTES);
		const event = read(create({ message: { content }, tool: { name: 'ls', result } }).body);
		expect(event.data).toEqual({
			message: { content },
			tool: { name: 'ls', result: `${'y'.repeat(65_536)}…` },
			truncated: true,
		});
	});

	it('leaves no half of a character', () => {
		const content = `x${'👍'.repeat(MAX_BYTES / 2)}`;
		const { body } = create({ message: { content } });
		expect(body).not.toMatch(/\\ud83d/i);
		expect(body.isWellFormed()).toBe(true);
	});

	it('is sent whole when it just fits', () => {
		const empty = Buffer.byteLength(create({ text: '' }).body);
		expect(
			read(create({ text: 'x'.repeat(MAX_BYTES - empty) }).body).data.truncated,
		).toBeUndefined();
		expect(read(create({ text: 'x'.repeat(MAX_BYTES - empty + 1) }).body).data.truncated).toBe(
			true,
		);
	});
});

it('writes no half characters, and leaves whole ones and backslashes as they are', () => {
	const data = { text: 'cut \ud83d', other: '\udc00 low', whole: '👍', path: 'C:\\ud83d\\new' };
	const { body } = createEvent({ type: 'message.sent', data, at: 0, instanceId: 'node-1' });

	expect(body).not.toMatch(/[^\\]\\ud/);
	expect(body.isWellFormed()).toBe(true);
	expect(JSON.parse(body)).toMatchObject({
		data: { text: 'cut \ufffd', other: '\ufffd low', whole: '👍', path: 'C:\\ud83d\\new' },
	});
});
