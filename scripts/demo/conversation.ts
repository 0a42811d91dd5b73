import type { N8nClient } from '../../testbed/n8n/client';
import type { Progress } from '../../testbed/progress';
import { waitFor } from '../../testbed/waitFor';
import type { Chats } from './chats';
import { describeExecution, eventRun, shorten, type EventRun } from './eventRun';
import { showForgery } from './forgery';
import type { PublishedWorkflow } from './publishedWorkflow';

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
	readonly chats: Chats;
	readonly client: N8nClient;
	readonly published: PublishedWorkflow;
}

function describe({ event, execution }: EventRun): string[] {
	const result = execution.json(execution.nodeNames.at(-1) ?? '')[0] ?? {};
	return [
		`   ${event.type.padEnd(18)} ${describeExecution(execution)}`,
		`${' '.repeat(22)}${shorten(JSON.stringify(result))}`,
	];
}

/**
 * Lets a user write to the agent, and shows what each event of it became in n8n.
 *
 * @throws Error when an event of the conversation doesn't arrive, or its execution fails
 */
export async function showConversation(
	{ chats, client, published }: Conversation,
	progress: Progress,
): Promise<void> {
	const user = chats.newcomer('Ada');
	await progress.step('A user writes to the agent over Telegram', async () => {
		chats.write(user, MESSAGE);
		progress.line(`   ${user.name} writes: ${MESSAGE}`);
		const reply = await chats.waitForAnswer(user, () => true);
		progress.line(`   ${user.name} reads:  ${shorten(reply)}`);
	});

	const { workflow, triggerName } = published;
	const runs = await progress.step('Each event of it arrives in n8n, signed', async () =>
		waitFor('an execution for each event', async () => {
			const executions = await client.waitForExecutions(workflow, EXPECTED_TYPES.length);
			const found = executions.flatMap((execution) => eventRun(execution, triggerName) ?? []);
			const types = new Set(found.map(({ event }) => event.type));
			return EXPECTED_TYPES.every((type) => types.has(type)) && found;
		}),
	);
	for (const line of runs.flatMap(describe)) progress.line(line);
	const failed = runs.filter(({ execution }) => execution.status !== 'success');
	if (failed.length > 0) {
		throw new Error(`Not run: ${failed.map(({ event }) => event.type).join(', ')}`);
	}
	const [first] = runs;
	if (first === undefined) throw new Error('There is no event to forge');
	await showForgery(client, published, first.event, progress);
}
