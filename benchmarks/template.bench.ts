import { parseTemplate, renderTemplate } from '../protocol';
import type { TemplateOptions } from '../protocol';
import type { BenchResult } from './result';
import { median } from './statistics';

const MEGABYTE = 1_048_576;
const ROUNDS = 31;
const UNLIMITED: TemplateOptions = {
	limits: {
		maxTemplateBytes: 2 * MEGABYTE,
		maxPlaceholders: MEGABYTE,
		maxOutputBytes: 64 * MEGABYTE,
	},
};

interface Case {
	readonly label: string;
	readonly source: string;
	/** Whether the template can be used; the others are refused, which must not take long either. */
	readonly valid: boolean;
	readonly targetMs?: number;
}

/** Time to read and render templates far beyond the limits, and inputs made to slow a scanner down. */
export async function run(): Promise<BenchResult> {
	const result: BenchResult = { name: 'Templates', rows: [], targets: [] };
	for (const { label, source, valid, targetMs } of listCases()) {
		const ms = measure(source, valid);
		result.rows.push({ label, value: ms, unit: 'ms' });
		if (targetMs !== undefined) {
			const target = `< ${String(targetMs)} ms`;
			result.targets.push({ label, target, actual: ms, met: ms < targetMs });
		}
	}
	const growth = measureGrowth();
	result.rows.push({ label: 'Time per byte, 1 MB to 64 KB', value: growth, unit: '×' });
	result.targets.push({
		label: 'Linear: time per byte, 1 MB to 64 KB',
		target: '< 2',
		actual: growth,
		met: growth < 2,
	});
	return Promise.resolve(result);
}

function listCases(): readonly Case[] {
	return [
		{
			label: '1 MB, 500 placeholders',
			source: fill(`${'x'.repeat(2080)}{{body.title}}`, MEGABYTE),
			valid: true,
			targetMs: 10,
		},
		{ label: '1 MB of text', source: 'x'.repeat(MEGABYTE), valid: true, targetMs: 10 },
		{ label: '1 MB of {{body.title}}', source: fill('{{body.title}} ', MEGABYTE), valid: true },
		{ label: '1 MB of \\{{', source: fill('\\{{', MEGABYTE), valid: true },
		{ label: '64 KB of {{', source: '{{'.repeat(32_768), valid: false, targetMs: 5 },
		{
			label: '{{ and 64 KB of blanks',
			source: `{{${' '.repeat(65_536)}`,
			valid: false,
			targetMs: 5,
		},
		{
			label: '64 KB of {{a["',
			source: '{{a["'.repeat(13_107),
			valid: false,
			targetMs: 5,
		},
		{ label: '64 KB of {{a.', source: '{{a.'.repeat(16_384), valid: false, targetMs: 5 },
	];
}

/** Median milliseconds to read and, where it is valid, render a template. */
function measure(source: string, valid: boolean): number {
	const values = { body: { title: 'Disk full' } };
	const samples = Array.from({ length: ROUNDS }, () => {
		const start = process.cpuUsage();
		const parsed = parseTemplate(source, UNLIMITED);
		if (parsed.ok !== valid) throw new Error('The template was not read as expected');
		if (parsed.ok) renderTemplate(parsed.template, values, UNLIMITED);
		const { user, system } = process.cpuUsage(start);
		return (user + system) / 1000;
	});
	return median(samples);
}

function measureGrowth(): number {
	const pattern = `${'x'.repeat(200)}{{body.title}}`;
	const perByte = (bytes: number): number => measure(fill(pattern, bytes), true) / bytes;
	return perByte(MEGABYTE) / perByte(65_536);
}

/** The pattern as often as fits. */
function fill(pattern: string, bytes: number): string {
	return pattern.repeat(Math.floor(bytes / pattern.length));
}
