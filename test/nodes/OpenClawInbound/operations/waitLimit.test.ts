import { WAIT_INDEFINITELY } from 'n8n-workflow';

import { readWaitLimit } from '../../../../nodes/OpenClawInbound/operations/waitLimit';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const limit = (values: unknown) => readWaitLimit({ values }, NOW);

test('without the option there is no limit', () => {
	for (const value of [undefined, null, '', {}]) {
		expect(readWaitLimit(value, NOW)).toEqual({ ok: true, until: WAIT_INDEFINITELY });
	}
});

test.each([
	['minutes', 45, '2026-03-14T11:15:00.000Z'],
	['hours', 1.5, '2026-03-14T12:00:00.000Z'],
	['days', 2, '2026-03-16T10:30:00.000Z'],
	['days', '2', '2026-03-16T10:30:00.000Z'],
])('an interval of %s × %s', (resumeUnit, resumeAmount, until) => {
	const values = { limitType: 'afterTimeInterval', resumeAmount, resumeUnit };
	expect(limit(values)).toEqual({ ok: true, until: new Date(until) });
});

test('what the editor leaves out is an hour', () => {
	expect(limit({})).toEqual({ ok: true, until: new Date(NOW + 3_600_000) });
});

test.each([0, -1, 'soon', Number.POSITIVE_INFINITY, 1e300])(
	'an amount of %s is refused',
	(amount) => {
		expect(limit({ resumeAmount: amount, resumeUnit: 'days' })).toMatchObject({
			ok: false,
			reason: { message: expect.stringContaining("'Amount'") as unknown },
		});
	},
);

test('a time that is over is refused', () => {
	for (const maxDateAndTime of ['2026-03-14T10:29:59Z', NOW]) {
		expect(limit({ limitType: 'atSpecifiedTime', maxDateAndTime })).toMatchObject({
			ok: false,
			reason: { message: expect.stringContaining('is over already') as unknown },
		});
	}
});

test('a type that there is not is refused', () => {
	expect(limit({ limitType: 'tomorrow' })).toMatchObject({
		ok: false,
		reason: { message: expect.stringContaining("'Limit Type'") as unknown },
	});
});

test('a unit that there is not is refused', () => {
	expect(limit({ resumeAmount: 1, resumeUnit: 'toString' }).ok).toBe(false);
});

test.each([
	['2026-03-15T08:00:00Z', '2026-03-15T08:00:00.000Z'],
	[' 2026-03-15T08:00:00+02:00 ', '2026-03-15T06:00:00.000Z'],
	[Date.UTC(2026, 2, 15), '2026-03-15T00:00:00.000Z'],
	[new Date('2026-03-15T08:00:00Z'), '2026-03-15T08:00:00.000Z'],
	[{ isLuxonDateTime: true, toString: () => '2026-03-15T08:00:00Z' }, '2026-03-15T08:00:00.000Z'],
])('a time given as %j', (maxDateAndTime, until) => {
	const values = { limitType: 'atSpecifiedTime', maxDateAndTime };
	expect(limit(values)).toEqual({ ok: true, until: new Date(until) });
});

test.each([undefined, '', 'tomorrow', true, {}, new Date(Number.NaN)])(
	'%p is no time',
	(maxDateAndTime) => {
		expect(limit({ limitType: 'atSpecifiedTime', maxDateAndTime })).toMatchObject({
			ok: false,
			reason: { message: expect.stringContaining("'Max Date and Time'") as unknown },
		});
	},
);
