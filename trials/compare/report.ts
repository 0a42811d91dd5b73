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
gateway with the plugin, and five workflows side by side. n8n runs with \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\` and its defaults
otherwise. What was not run is not in the tables.

Behind each candidate the same HTTP Request node hands the event on to a local server. A workflow "ran" when its event arrived there.`;

const DETAILS = `A fetches its events from the gateway; to the others the gateway sends them. E checks in the If that the timestamp is at most 300 s off in
either direction, reads the body as UTF-8 instead of a guessed encoding, and removes duplicates across executions by the event's id, behind the
answer. In D and E the answer is given before the user's own node, as in B and C.`;

const ABSENT = `Three packages for OpenClaw and n8n are published under the names \`n8n-nodes-clawai\`, \`n8n-nodes-openclaw-chat\` and
\`@karmaniverous/n8n-nodes-openclaw\`. The package registry that was used answered 404 for each of them, so they could not be installed and are
not in the tables.`;

const VERIFICATION = `These are the requests that the end-to-end tests of the trigger send ([list](../conformance/src/attacks.ts)). After each one a genuine event is sent
and waited for, so that whatever the request caused would have shown.

A has no address that a request could be sent to, so it is not in these tables. What it refuses of an answer that somebody has tampered with is
[measured](../benchmarks/RESULTS.md) elsewhere.

For C there are two attackers. One has no token; the requests that need a recorded request or the secret do not apply to that one. The other
has recorded one genuine request, and so has the token: it is the same in each request. For B, D and E a recorded request holds a signature,
which fits that request only; \`that is stale\` and the replays are such requests.

A cell shows the status that was answered. **RAN** means that the workflow ran, \`+ row\` that it did not, but left an execution in n8n's list.
A replay is answered like the request that it repeats; what counts there is that it does not run. The last group never gets to a node: n8n
answers by itself, the same for all.`;

const GENUINE = `Requests of the rightful sender that look odd but are right; A gets none. The figure is how many arrived at the local server unchanged, as JSON
with the same values.`;

const SET_UP = `A step is a node, a credential, or something to do at the gateway: a command that makes a token, or an endpoint to be written. Counted in the
workflows that were run: every value in the nodes' parameters and the credential counts as one, without what the editor writes by itself (ids, the
Webhook's path, how an If compares); an If's operator counts as one. A copied value is one that must be the same in n8n and at the gateway: a
URL, a secret or token, the name of a header.`;

function throughputText({ loadSize: { rounds, events } }: Comparison): string {
	return `Events of ${String(BODY_BYTES)} bytes, ${String(CONCURRENCY)} at a time: so many requests, or so many executions of the connection. In each of ${String(rounds)} rounds every candidate gets
${String(events)} events, in random order; for A they are put into the plugin's outbox and let go at once. The time runs from the first request, or from
when the events may be fetched, to the last event at the local server; CPU is that of n8n and its task runner until they are idle again.
Figures are medians of the rounds, ratios medians of the ratios within a round. The expression in the HTTP Request node costs an isolate of the
expression engine in each execution, for all candidates alike.`;
}

function crashText({ crashes: { kills, failed } }: Comparison): string {
	return `A program lets an agent of the gateway use a tool, one turn after the other, and the plugin has every event for all five candidates,
with the same retries for the webhooks (${String(RETRY.maxAttempts)} tries, ${String(RETRY.backoffMs)} ms doubled each time). Meanwhile n8n is killed (\`kill -9\`) at random moments and started again,
${String(kills)} times in all. When everything is delivered (${failed === 0 ? 'no delivery was given up' : `${String(failed)} deliveries were given up`}), both programs are stopped, n8n by the last kill, the gateway is made to forget
that it has delivered, and makes each delivery once more, as after a crash before it could note the answers.

B to E answer before the user's own node has run, so an event is lost when the kill comes between the answer and that node. A settles an event
when its execution has ended: what a kill cuts off runs again, from its start, so the user's node has run twice when it was done by then. When an event
comes again, C and D run it, like every other; A looks at its earlier execution, B and E run it unless its id had been recorded before the
kill. Kills come at random moments: a difference of one or two events means nothing. B remembers the last 1,000 ids over a restart
([why](deduplication.md#what-can-still-run-twice)), E the last 10,000; the events here are fewer.`;
}

/** The page in Markdown. */
export function formatComparison(comparison: Comparison): string {
	const tables = (...all: ReadonlyArray<Parameters<typeof markdownTable>[0]>) =>
		all.map(markdownTable);
	const facts = { title: '', columns: ['Run', ''], rows: comparison.facts };
	const sections = [
		['# Ways to receive OpenClaw events in n8n', INTRO],
		[...tables(candidatesTable(comparison)), DETAILS, ABSENT],
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
