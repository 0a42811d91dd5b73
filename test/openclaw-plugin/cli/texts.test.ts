import { CliFault, readDuration, readTime } from '../../../openclaw-plugin/src/cli/command';
import {
	displayWidth,
	formatTable,
	printable,
	printableLines,
	truncate,
} from '../../../openclaw-plugin/src/cli/table';
import { formatAge, formatDuration } from '../../../openclaw-plugin/src/timeText';

describe('displayWidth', () => {
	it.each([
		['', 0],
		['abc', 3],
		['告警', 4],
		['ｆｕｌｌ', 8],
		['ﾊﾝｶｸ', 4],
		['한국어', 6],
		['🚨', 2],
		['👩‍💻', 2],
		['🇩🇪', 2],
		['é', 1],
		['e\u0301', 1],
		['a\u200bb', 2],
		['…', 1],
	])('of %j is %d', (text, width) => {
		expect(displayWidth(text)).toBe(width);
	});
});

describe('truncate', () => {
	it.each([
		['short', 5, 'short'],
		['longer', 5, 'long…'],
		['告警处理', 5, '告警…'],
		['告警处理', 6, '告警…'],
		['a👩‍💻b👩‍💻', 4, 'a👩‍💻…'],
		['abc', 1, '…'],
	])('cuts %j to %d columns', (text, width, expected) => {
		expect(truncate(text, width)).toBe(expected);
		expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
	});
});

describe('printable', () => {
	it('shows what would steer a terminal, and keeps everything else', () => {
		expect(printable('a\tb\r\nc \u001b[31m\u009b1m\u202e 告警 🚨')).toBe(
			'a b c \\u001b[31m\\u009b1m\\u202e 告警 🚨',
		);
		expect(printableLines('a\n\u0007b')).toBe('a\n\\u0007b');
	});
});

describe('formatTable', () => {
	const terminal = { columns: 40, paint: (tone: string, text: string) => `<${tone}>${text}</>` };

	it('aligns columns, also to the right, and colours cells without widening them', () => {
		const table = formatTable(
			terminal,
			[{ title: 'Name' }, { title: 'Count', align: 'right' }, { title: 'State' }],
			[
				['告警', '7', { text: 'good', tone: 'good' }],
				['x', '1234567', 'plain'],
			],
		);

		expect(table.split('\n').map((line) => line.replace(/<\/?\w*>/g, ''))).toEqual([
			'Name    Count  State',
			'告警        7  good',
			'x     1234567  plain',
		]);
		expect(table).toContain('<good>good</>');
	});

	it('takes room from the widest column that can give', () => {
		const table = formatTable(
			terminal,
			[{ title: 'Id' }, { title: 'Name', minWidth: 4 }, { title: 'Reason', minWidth: 10 }],
			[['dlv_1234567', 'a-long-name', 'a reason that goes on and on']],
		);

		expect(table.split('\n').at(-1)).toBe('dlv_1234567  a-long-name  a reason that…');
	});
});

describe('formatDuration', () => {
	it.each([
		[0, '0 ms'],
		[31.4, '31 ms'],
		[999, '999 ms'],
		[1000, '1.0 s'],
		[9949, '9.9 s'],
		[15_000, '15 s'],
		[59_949, '60 s'],
		[59_950, '1 min'],
		[150_000, '3 min'],
	])('writes %d ms as %s', (ms, text) => {
		expect(formatDuration(ms)).toBe(text);
	});
});

describe('formatAge', () => {
	const NOW = 1_000_000_000_000;

	it.each([
		[0, 'now'],
		[-999, 'now'],
		[-1000, '1s ago'],
		[-59_999, '59s ago'],
		[-60_000, '1m ago'],
		[-7_300_000, '2h ago'],
		[-900_000_000, '10d ago'],
		[5000, 'in 5s'],
	])('writes a time %d ms off as %s', (offset, text) => {
		expect(formatAge(NOW + offset, NOW)).toBe(text);
	});
});

describe('times on the command line', () => {
	const NOW = Date.UTC(2026, 2, 14, 10, 30);

	it.each([
		['2h', NOW - 7_200_000],
		['2026-03-14T10:00:00Z', NOW - 1_800_000],
		['2026-03-14T11:30:00+02:00', NOW - 3_600_000],
		['2026-03-14', new Date(2026, 2, 14).getTime()],
		['2026-03-14T09:15', new Date(2026, 2, 14, 9, 15).getTime()],
	])('reads %s', (text, time) => {
		expect(readTime({ since: text }, 'since', NOW)).toBe(time);
	});

	it.each(['yesterday', '14.03.2026', '2026-13-01', '2', '-2h', '2w', '1e3s'])(
		'refuses %s',
		(text) => {
			expect(() => readTime({ since: text }, 'since', NOW)).toThrow(CliFault);
			expect(() => readDuration({ overlap: text }, 'overlap')).toThrow(
				'--overlap must be a duration',
			);
		},
	);

	it('knows when nothing was given', () => {
		expect(readTime({}, 'since', NOW)).toBeUndefined();
		expect(readDuration({ overlap: ' ' }, 'overlap')).toBeUndefined();
	});
});
