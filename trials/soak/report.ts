import { describeMachine, openclawVersion } from '../../benchmarks/machine';
import type { Runtimes } from '../../testbed/runtime';
import { formatResults as formatPage, type ResultRow as Row } from '../results';
import type { Fault, FaultKind } from './chaos';
import type { Check } from './checks';
import type { Outcome } from './soak';

const SHOWN_FAULTS = 5;

function countFaults(faults: readonly Fault[], kind: FaultKind, program: string): string {
	const fits = (fault: Fault) =>
		fault.kind === kind && fault.programs.some((name) => name === program);
	return String(faults.filter(fits).length);
}

function attackRows({ attacks }: Outcome): Row[] {
	return attacks.counts.map(({ attack, sent, unanswered }) => {
		const apart = unanswered === 0 ? '' : ` (${String(unanswered)} of them while n8n was away)`;
		return [attack.name, `${String(sent)}${apart}`];
	});
}

function memoryRows({ trends }: Outcome): Row[] {
	const size = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(0));
	return trends.map(({ program, firstThird, lastThird, most }) => [
		`Memory of ${program} in the first third, in the last third, at most (MiB)`,
		[firstThird, lastThird, most].map(size).join(', '),
	]);
}

/** All figures, as pairs of a label and a value. */
export function figures(outcome: Outcome): readonly Row[] {
	const { books, runs, messages, faults, received } = outcome;
	const { keptBack, filtered, run, queued } = books.shares;
	const count = (fits: readonly boolean[]) => String(fits.filter(Boolean).length);
	const documented = (what: string) => count(books.repeats.map((one) => one.documented === what));
	return [
		['`kill -9` of n8n', countFaults(faults, 'kill', 'n8n')],
		['Restarts of n8n', countFaults(faults, 'restart', 'n8n')],
		['`kill -9` of the gateway', countFaults(faults, 'kill', 'gateway')],
		['Restarts of the gateway', countFaults(faults, 'restart', 'gateway')],
		['Outages of the second receiver', countFaults(faults, 'outage', 'receiver')],
		['Messages that users wrote', String(outcome.written)],
		['Requests of a program to an agent', String(outcome.asked)],
		['Events emitted', String(keptBack + filtered + run + queued + books.lost.length)],
		['… run in n8n', String(run)],
		["… filtered by n8n's trigger", String(filtered)],
		["… kept from n8n by the plugin's filter", String(keptBack)],
		['… still queued', String(queued)],
		['… lost', String(books.lost.length)],
		['Executions', String(runs.length)],
		['… that found the event known, and ran nothing', count(runs.map(({ isEmpty }) => isEmpty))],
		['… cut off by a crash of n8n', count(runs.map(({ status }) => status === 'crashed'))],
		['Events whose only run was cut off before it got anywhere', String(books.cutOff.length)],
		['Events run twice: recorded too late for a crash (documented)', documented('crash')],
		['Events run twice: more than 1,000 others between (documented)', documented('forgotten')],
		['Executions from forged requests', String(books.forged.length)],
		['Messages that n8n posted to an agent', String(messages.length)],
		[
			'… whose run a crash of the gateway cut off',
			count(messages.map((m) => m.state === 'failed')),
		],
		['… and could not post', count(runs.map(({ couldNotTell }) => couldNotTell))],
		['Events that the second receiver got', String(received.size)],
		['… more than once (same id)', count([...received.values()].map((times) => times > 1))],
		...attackRows(outcome),
		...memoryRows(outcome),
	];
}

/** A check for a terminal. */
export function checkLine({ label, faults }: Check): string {
	if (faults.length === 0) return `✔ ${label}`;
	const more = faults.length > SHOWN_FAULTS ? ` … (${String(faults.length)})` : '';
	return `✖ ${label}: ${faults.slice(0, SHOWN_FAULTS).join('; ')}${more}`;
}

/** The whole file of results. */
export function formatResults(
	{ outcome, checks }: { readonly outcome: Outcome; readonly checks: readonly Check[] },
	run: { readonly runtimes: Runtimes; readonly seed: string; readonly took: number },
): string {
	const verdicts = checks.map(
		({ label, faults }): Row => [
			label,
			faults.length === 0 ? 'yes' : `**no** (${String(faults.length)})`,
		],
	);
	return formatPage({
		title: 'Soak and chaos',
		story:
			"Written by `npm run soak`: a real n8n with the packed package, a real gateway with the packed plugin, users who write over a stand-in for Telegram, a program that asks over the gateway's API, a workflow that tells another agent of some of the messages, and somebody who replays and forges requests. Meanwhile n8n, the gateway and a second receiver are killed and restarted at random moments. At the end the plugin's outbox is balanced against n8n's executions, event by event.",
		parts: [
			verdicts,
			figures(outcome),
			'Memory: the least that a life of the program had 15 to 45 s after its start, the median of all lives; and the most of all.',
		],
		took: run.took,
		facts: [
			['Seed', run.seed],
			...describeMachine(run.runtimes),
			['OpenClaw', openclawVersion(run.runtimes)],
		],
	});
}
