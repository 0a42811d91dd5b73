import { at, listAt, textAt } from '../../testbed/json';

/** What a run of tests came to. */
export interface TestVerdict {
	readonly result: string;
	/** Names of the tests, and of the files that could not be run. */
	readonly failed: readonly string[];
}

/** Reads what jest has written with `--json`; a run that was cut off has written nothing. */
export function testVerdict(report: unknown): TestVerdict {
	const count = (name: string) => Number(at(report, name) ?? 0);
	const files = listAt(report, 'testResults');
	const passed = count('numPassedTests');
	const broken = files.filter(
		(file) => textAt(file, 'status') === 'failed' && listAt(file, 'assertionResults').length === 0,
	);
	const failed = [
		...files
			.flatMap((file) => listAt(file, 'assertionResults'))
			.filter((test) => textAt(test, 'status') === 'failed')
			.map((test) => textAt(test, 'fullName')),
		...broken.map((file) => textAt(file, 'name').split(/[\\/]/).at(-1) ?? ''),
	];
	if (files.length === 0 || passed + failed.length === 0) {
		return { result: 'does not start', failed: [] };
	}
	const skipped = count('numPendingTests');
	const counts = [`${String(passed)} passed`, `${String(failed.length)} failed`];
	if (skipped > 0) counts.push(`${String(skipped)} skipped`);
	return { result: counts.join(', '), failed };
}

/** Says in a few words why npm did not install a program; its whole output names addresses and folders. */
export function installFault(output: string): string {
	const missing = /No matching version found for (\S+?)\.?(?:\s|$)/.exec(output)?.[1];
	if (missing !== undefined) return `it asks for ${missing}, which npm does not find`;
	const code = /^npm error code (\w+)/m.exec(output)?.[1];
	return code === undefined ? 'it does not run once installed' : `npm ends with ${code}`;
}
