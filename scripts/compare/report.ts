import { markdownTable, plainTable } from '../../benchmarks/report';
import { faultsOf, type Comparison } from './comparison';
import {
	attackTables,
	candidatesTable,
	crashTable,
	genuineTable,
	setUpTable,
	throughputTable,
	verdictTable,
} from './tables';
import { BODY_BYTES, CONCURRENCY } from './throughput';
import { RETRY } from './world';

const INTRO = `Written by \`npm run compare\`, which runs everything below in one go: one real n8n with the packed package, one real OpenClaw
gateway with the plugin, and four workflows side by side. n8n runs with \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\` and its defaults
otherwise. What was not run is not in the tables.

Behind each candidate the same HTTP Request node hands the event on to a local server. A workflow "ran" when its event arrived there.`;

const D_DETAILS = `D checks in the If that the timestamp is at most 300 s off in either direction, reads the body as UTF-8 instead of a guessed encoding, and
removes duplicates across executions by the event's id, behind the answer. In C and D the answer is given before the user's own node, as in
A and B.`;

const ABSENT = `Three packages for OpenClaw and n8n are published under the names \`n8n-nodes-clawai\`, \`n8n-nodes-openclaw-chat\` and
\`@karmaniverous/n8n-nodes-openclaw\`. The package registry that was used answered 404 for each of them, so they could not be installed and are
not in the tables.`;

const VERIFICATION = `These are the requests that the end-to-end tests of the trigger send ([list](../testbed/attacks.ts)). After each one a genuine event is sent
and waited for, so that whatever the request caused would have shown.

For B there are two attackers. One has no token; the requests that need a recorded request or the secret do not apply to that one. The other
has recorded one genuine request, and so has the token: it is the same in each request. For A, C and D a recorded request holds a signature,
which fits that request only; \`that is stale\` and the replays are such requests.

A cell shows the status that was answered. **RAN** means that the workflow ran, \`+ row\` that it did not, but left an execution in n8n's list.
A replay is answered like the request that it repeats; what counts there is that it does not run. The last group never gets to a node: n8n
answers by itself, the same for all.`;

const GENUINE = `Requests of the rightful sender that look odd but are right. The figure is how many arrived at the local server unchanged, as JSON with
the same values.`;

const SET_UP = `Counted in the workflows that were run: every value in the nodes' parameters and the credential counts as one, without what the editor
writes by itself (ids, the Webhook's path, how an If compares); an If's operator counts as one. A copied value is one that must be the same
in n8n and in the gateway's configuration: the URL, a secret or token, the name of a header.`;

function throughputText({ loadSize: { rounds, events } }: Comparison): string {
	return `Signed events of ${String(BODY_BYTES)} bytes, ${String(CONCURRENCY)} at a time. In each of ${String(rounds)} rounds every candidate gets ${String(events)} events, in random order. The time runs from the first request to the last
event at the local server; CPU is that of n8n and its task runner until they are idle again. Figures are medians of the rounds, ratios
medians of the ratios within a round. The expression in the HTTP Request node costs an isolate of the expression engine in each execution, for
all candidates alike.`;
}

function crashText({ crashes: { kills, failed } }: Comparison): string {
	return `A program lets an agent of the gateway use a tool, one turn after the other, and the plugin sends every event to all four candidates,
with the same retries (${String(RETRY.maxAttempts)} tries, ${String(RETRY.backoffMs)} ms doubled each time). Meanwhile n8n is killed (\`kill -9\`) at random moments and started again, ${String(kills)} times in all. When
everything is delivered (${failed === 0 ? 'no delivery was given up' : `${String(failed)} deliveries were given up`}), n8n is killed for the last time, and the gateway makes each delivery once more, as a sender does whose answer was lost.

All four answer before the user's own node has run, so an event is lost when the kill comes between the answer and that node.
When such an event comes again, B and C run it, like every other; A and D run it unless its id had been recorded before the kill. Kills come
at random moments: a difference of one or two events means nothing. A remembers the last 1,000 ids over a restart
([why](deduplication.md#what-can-still-run-twice)), D the last 10,000; the events here are fewer.`;
}

/** The page in Markdown. */
export function formatComparison(comparison: Comparison): string {
	const tables = (...all: ReadonlyArray<Parameters<typeof markdownTable>[0]>) =>
		all.map(markdownTable);
	const facts = { title: '', columns: ['Run', ''], rows: comparison.facts };
	const sections = [
		['# Ways to receive OpenClaw events in n8n', INTRO],
		[...tables(candidatesTable(comparison)), D_DETAILS, ABSENT],
		['## Verification', VERIFICATION, ...tables(verdictTable(comparison))],
		tables(...attackTables(comparison)),
		['## Genuine events that look odd', GENUINE, ...tables(genuineTable(comparison))],
		['## Throughput', throughputText(comparison), ...tables(throughputTable(comparison))],
		['## Lost and duplicate events', crashText(comparison), ...tables(crashTable(comparison))],
		['## Set-up', SET_UP, ...tables(setUpTable(comparison))],
		['## The run', ...tables(facts)],
	];
	return `${sections.flat().join('\n\n')}\n`;
}

/** What a terminal shows at the end. */
export function formatSummary(comparison: Comparison): string {
	const named = [
		['Verification', verdictTable(comparison)],
		['Genuine events that look odd', genuineTable(comparison)],
		['Throughput', throughputTable(comparison)],
		['Lost and duplicate events', crashTable(comparison)],
		['Set-up', setUpTable(comparison)],
	] as const;
	const tables = named.map(([title, table]) => plainTable({ ...table, title }));
	return [...tables, ...faultsOf(comparison)].join('\n\n');
}
