import { randomBytes } from 'node:crypto';
import type { OpenClawEvent } from '../../index';
import { parseEvent } from '../../protocol';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import type { Progress } from '../../testbed/progress';
import { sendEvent } from '../../testbed/sendEvent';
import type { TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';

const LONGEST_LINE = 110;
const MESSAGE = '你好! What is in my workspace? [[tool]] 🦞';
/** What one message with one tool call causes in a session that is new. */
const EXPECTED_TYPES = [
	'message.received',
	'session.created',
	'tool.called',
	'tool.completed',
	'message.sent',
];

/** Where events come from and where they go. */
export interface Conversation {
	readonly telegram: TelegramStandIn;
	readonly client: N8nClient;
	readonly workflow: Workflow;
	readonly triggerName: string;
}

/** An execution and the event that started it. */
interface EventRun {
	readonly event: OpenClawEvent;
	readonly execution: Execution;
}

function eventOf(execution: Execution, triggerName: string): EventRun | undefined {
	// One output per event type, so the item may be in any of them.
	const items = [...Array(10).keys()].flatMap((output) => execution.json(triggerName, output));
	const parsed = parseEvent(items[0]);
	return parsed.ok ? { event: parsed.event, execution } : undefined;
}

function shorten(text: string): string {
	return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}

function describe({ event, execution }: EventRun): string[] {
	const nodes = execution.nodeNames;
	const result = execution.json(nodes.at(-1) ?? '')[0] ?? {};
	return [
		`   ${event.type.padEnd(18)} execution ${execution.id} ${execution.status}: ${nodes.join(' → ')}`,
		`${' '.repeat(22)}${shorten(JSON.stringify(result))}`,
	];
}

/**
 * Lets a user write to the agent, and shows what each event of it became in n8n.
 *
 * @throws Error when an event of the conversation doesn't arrive, or its execution fails
 */
export async function showConversation(
	{ telegram, client, workflow, triggerName }: Conversation,
	progress: Progress,
): Promise<void> {
	const reply = await progress.step('A user writes to the agent over Telegram', async () => {
		const before = telegram.sent.length;
		telegram.write(MESSAGE);
		await telegram.waitForSent((call) => call.ok && telegram.sent.indexOf(call) >= before, {
			timeoutMs: 90_000,
		});
		return await waitFor('the whole reply', () => telegram.sent.findLast(({ ok }) => ok)?.text);
	});
	progress.line(`   the user wrote:  ${MESSAGE}`);
	progress.line(`   the agent wrote:  ${shorten(reply)}`);

	const runs = await progress.step('Each event of it arrives in n8n, signed', async () =>
		waitFor('an execution for each event', async () => {
			const executions = await client.waitForExecutions(workflow, EXPECTED_TYPES.length);
			const found = executions.flatMap((execution) => eventOf(execution, triggerName) ?? []);
			const types = new Set(found.map(({ event }) => event.type));
			return EXPECTED_TYPES.every((type) => types.has(type)) && found;
		}),
	);
	for (const line of runs.flatMap(describe)) progress.line(line);
	const failed = runs.filter(({ execution }) => execution.status !== 'success');
	if (failed.length > 0) {
		throw new Error(`Not run: ${failed.map(({ event }) => event.type).join(', ')}`);
	}
	await showForgery({ client, workflow, triggerName }, runs[0]?.event, progress);
}

async function showForgery(
	{ client, workflow, triggerName }: Omit<Conversation, 'telegram'>,
	event: OpenClawEvent | undefined,
	progress: Progress,
): Promise<void> {
	if (event === undefined) throw new Error('There is no event to forge');
	const before = (await client.executions(workflow)).length;
	const { status } = await progress.step('Somebody sends one with a forged signature', async () =>
		sendEvent(client.webhookUrl(workflow, triggerName), {
			event: { ...event, id: `${event.id}x` },
			secret: randomBytes(16).toString('hex'),
		}),
	);
	const after = (await client.executions(workflow)).length;
	progress.line(`   ${event.type.padEnd(18)} ${String(status)}   no execution`);
	if (status !== 401 || after !== before) throw new Error('The forged event was not refused');
}
