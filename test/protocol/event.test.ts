import {
	createEventId,
	EVENT_TYPES,
	isEventType,
	isKnownEventType,
	parseEvent,
} from '../../protocol';
import type { OpenClawEvent } from '../../protocol';

const EVENT = {
	id: 'evt_abc123def456',
	type: 'message.sent',
	timestamp: '2026-03-14T10:30:00Z',
	instanceId: 'node-1',
	data: {
		agentId: 'my-agent',
		sessionId: 'session-001',
		channel: 'telegram',
		userId: 'user_12345',
		message: { role: 'assistant', content: '这是AI的回复内容...', messageId: 'msg_xyz789' },
		model: 'claude-sonnet-4-20250514',
		usage: { inputTokens: 200, outputTokens: 450 },
	},
};

function parsed(value: unknown): OpenClawEvent {
	const result = parseEvent(value);
	if (!result.ok) throw new Error(result.message);
	return result.event;
}

describe('parseEvent', () => {
	it('returns the event as it is', () => {
		expect(parsed(EVENT)).toBe(EVENT);
	});

	it('keeps fields and types that are not known here', () => {
		const event = { ...EVENT, type: 'agent.promoted', sequence: 7, data: { rank: 1 } };
		expect(parsed(event)).toEqual(event);
	});

	it.each([undefined, null, 'text', 7, true, [], [EVENT]])('refuses %j as a whole', (value) => {
		expect(parseEvent(value)).toEqual({
			ok: false,
			path: '',
			message: 'The event must be a JSON object',
		});
	});

	it.each(['id', 'type', 'timestamp', 'instanceId'])("names '%s' when it is no text", (field) => {
		for (const value of [undefined, null, 7, '', {}, ['x']]) {
			expect(parseEvent({ ...EVENT, [field]: value })).toEqual({
				ok: false,
				path: field,
				message: `The event needs a text in '${field}'`,
			});
		}
	});

	it("names 'data' when it is no object", () => {
		for (const data of [undefined, null, 'text', 7, []]) {
			expect(parseEvent({ ...EVENT, data })).toMatchObject({ ok: false, path: 'data' });
		}
		const { id, type, timestamp, instanceId } = EVENT;
		expect(parseEvent({ id, type, timestamp, instanceId })).toMatchObject({ path: 'data' });
	});

	it('reads no inherited fields', () => {
		expect(parseEvent(Object.create(EVENT))).toMatchObject({ ok: false, path: 'id' });
	});
});

describe('isEventType', () => {
	it('narrows the data of the event', () => {
		const event = parsed(EVENT);
		expect(isEventType(event, 'tool.called')).toBe(false);
		expect(isEventType(event, 'message.sent') && event.data.message?.content).toBe(
			'这是AI的回复内容...',
		);
	});
});

describe('isKnownEventType', () => {
	it('knows the seven types and no others', () => {
		expect(EVENT_TYPES.filter(isKnownEventType)).toHaveLength(7);
		expect(['message', '*', 'toString', undefined].filter(isKnownEventType)).toEqual([]);
	});
});

describe('createEventId', () => {
	it('starts with evt_ and has 26 characters after it', () => {
		expect(createEventId()).toMatch(/^evt_[0-9a-v]{26}$/);
	});

	it('never repeats and always ascends, even within a millisecond', () => {
		const ids = Array.from({ length: 5000 }, () => createEventId());
		expect(new Set(ids).size).toBe(ids.length);
		expect([...ids].sort()).toEqual(ids);
	});

	it('ascends with the time it is given', () => {
		const ids = [0, 1, 1, 2, 1_795_435_361_000, 281_474_976_710_655].map((now) =>
			createEventId(now),
		);
		expect([...ids].sort()).toEqual(ids);
		expect(ids[0]?.slice(0, 14)).toBe('evt_0000000000');
		expect(ids.at(-1)?.slice(0, 14)).toBe('evt_7vvvvvvvvv');
	});

	it('ascends when the clock of the system is set back', () => {
		const before = createEventId();
		const clock = jest.spyOn(Date, 'now').mockReturnValue(1);
		expect(createEventId() > before).toBe(true);
		clock.mockRestore();
	});
});
