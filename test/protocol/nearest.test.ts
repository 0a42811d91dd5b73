import { nearestEventType, takesEvent } from '../../protocol';
import { nearestWord } from '../../protocol/nearest';

const KEYS = ['maxAttempts', 'backoffMs', 'delaysMs', 'id'];

it.each([
	['maxAttempt', 'maxAttempts'],
	['MAXATTEMPTS', 'maxAttempts'],
	[' backofMs', 'backoffMs'],
	['bakcoffMs', 'backoffMs'],
	['delay', 'delaysMs'],
	['ids', 'id'],
	['frequency', undefined],
	['xy', undefined],
	['', undefined],
	['m', undefined],
	['x'.repeat(10_000), undefined],
])('%j is probably %j', (word, nearest) => {
	expect(nearestWord(word, KEYS)).toBe(nearest);
});

it.each([
	['message.recieved', 'message.received'],
	['messages.sent', 'message.sent'],
	['session.create', 'session.created'],
	['delivery.fail', 'delivery.failed'],
	['tool_called', 'tool.called'],
	['message.*', undefined],
])('the event %j is probably %j', (written, nearest) => {
	expect(nearestEventType(written)).toBe(nearest);
});

it.each([
	[['*'], 'message.sent', true],
	[['*'], 'approval.requested', true],
	[['*'], 'of.a.later.version', true],
	[['*'], 'endpoint.failing', false],
	[['*', 'endpoint.failing'], 'endpoint.failing', true],
	[['delivery.failed'], 'delivery.failed', true],
	[['message.sent'], 'message.received', false],
	[[], 'message.sent', false],
])('%j takes %s: %s', (events, type, isTaken) => {
	expect(takesEvent(events, type)).toBe(isTaken);
});
