/**
 * `refused`: answered 4xx, and the workflow did not run. `ignored`: answered 2xx, and it did not run.
 * `failed`: answered 5xx or not at all, and it did not run. `ran`: it ran.
 */
export type Verdict = 'refused' | 'ignored' | 'failed' | 'ran';

/** What became of an attack. */
export interface Attempt {
	/** Statuses of the answers; `undefined` where none came. */
	readonly statuses: ReadonlyArray<number | undefined>;
	/** How often the workflow ran because of it. */
	readonly runs: number;
	/** Executions that it left in n8n's list. */
	readonly rows: number;
}

/** Says what became of an attack. */
export function judge({ statuses, runs }: Attempt): Verdict {
	if (runs > 0) return 'ran';
	const all = (least: number, most: number) =>
		statuses.every((status) => status !== undefined && status >= least && status <= most);
	if (all(400, 499)) return 'refused';
	return all(200, 299) ? 'ignored' : 'failed';
}

/** What became of an attack, for a cell of a table. */
export function describeAttempt(attempt: Attempt): string {
	const { statuses, runs, rows } = attempt;
	const answers = [...new Set(statuses.map((status) => String(status ?? 'no answer')))].join('/');
	const row = rows > 0 ? ' + row' : '';
	switch (judge(attempt)) {
		case 'ran':
			return runs === 1 ? `**RAN** (${answers})` : `**RAN ${String(runs)} times** (${answers})`;
		case 'refused':
			return `${answers}${row}`;
		case 'ignored':
		case 'failed':
			return `${answers}, did not run${row}`;
	}
}

/** Attacks by what became of them, and those that did not run but left an execution. */
export function countVerdicts(
	attempts: readonly Attempt[],
): Readonly<Record<Verdict | 'rows', number>> {
	const count = { refused: 0, ignored: 0, failed: 0, ran: 0, rows: 0 };
	for (const attempt of attempts) {
		const verdict = judge(attempt);
		count[verdict] += 1;
		if (verdict !== 'ran' && attempt.rows > 0) count.rows += 1;
	}
	return count;
}
