import { earliestAcceptance } from '../../../nodes/OpenClawTrigger/firstAcceptance';

const SIGNED_AT = Date.parse('2026-03-14T10:30:00Z') / 1000;

function earliest(timestamp: string): string | undefined {
	const time = earliestAcceptance(timestamp, SIGNED_AT, 300);
	return time === -Infinity ? undefined : new Date(time).toISOString();
}

test.each([
	['2026-03-14T10:30:00Z', '2026-03-14T10:20:00.000Z'],
	['2026-03-14T10:30:00.999Z', '2026-03-14T10:20:00.999Z'],
	['2026-03-14T18:29+08:00', '2026-03-14T10:19:00.000Z'],
	['2026-03-10T00:00:00Z', '2026-03-09T23:50:00.000Z'],
])('of an event of %s is twice the tolerance before it', (timestamp, expected) => {
	expect(earliest(timestamp)).toBe(expected);
});

test.each([
	['without a time zone', '2026-03-14T10:29:00'],
	['a date', '2026-03-14'],
	['in words', 'Sat, 14 Mar 2026 10:29:00 GMT'],
	['of no such time', '2026-13-14T10:29:00Z'],
	['no time at all', 'yesterday'],
	['later than the attempt it came with', '2026-03-14T10:30:01Z'],
])('is not known from a timestamp that is %s', (_, timestamp) => {
	expect(earliest(timestamp)).toBeUndefined();
});
