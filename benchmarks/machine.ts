import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Runtimes } from '../testbed/runtime';
import { textAt, tryParseJson } from '../testbed/json';
import { dirname, join } from 'node:path';

function systemName(): string {
	try {
		const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
		return `${name ?? type()}, ${type()} ${release()}`;
	} catch {
		return `${type()} ${release()}`;
	}
}

function versionIn(folder: string): string {
	return textAt(tryParseJson(readFileSync(join(folder, 'package.json'), 'utf8')), 'version');
}

function n8nVersion(runtimes: Runtimes): string {
	return versionIn(join(dirname(runtimes.n8n), '..'));
}

/** The version of the installed OpenClaw. */
export function openclawVersion(runtimes: Runtimes): string {
	return versionIn(dirname(runtimes.openclaw));
}

/**
 * Describes what the benchmarks run on, for people who compare figures.
 *
 * @param runtimes left out when no n8n takes part
 * @returns pairs of a label and a value
 */
export function describeMachine(runtimes?: Runtimes): Array<readonly [string, string]> {
	const processors = cpus();
	const [minute = 0] = loadavg();
	return [
		['CPU', `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} cores`],
		['Memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
		['System', systemName()],
		['Node.js of the benchmarks', process.version],
		...(runtimes === undefined
			? []
			: ([
					[
						'Node.js of n8n',
						execFileSync(runtimes.node, ['--version'], { encoding: 'utf8' }).trim(),
					],
					['n8n', n8nVersion(runtimes)],
				] as const)),
		['Load of the machine before (1 minute)', minute.toFixed(1)],
	];
}
