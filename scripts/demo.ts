import { Cleanup } from '../testbed/cleanup';
import { OWNER } from '../testbed/n8n/client';
import { INBOUND_TYPE } from '../testbed/n8n/openclawNodes';
import { createProgress, formatDuration, numberSteps, type Progress } from '../testbed/progress';
import { showConversation } from './demo/conversation';
import { HELP } from './demo/live/command';
import { stayOpen } from './demo/live/stayOpen';
import { showMessage } from './demo/message';
import { nodeName, publishExample, type PublishedWorkflow } from './demo/publishedWorkflow';
import { showRoundTrip, type RoundTripResult } from './demo/roundTrip';
import { sendingToEndpoint, startWorld, type World } from './demo/world';

const MANUAL_TRIGGER_TYPE = 'n8n-nodes-base.manualTrigger';

/** What is there to look at when all has been shown. */
interface Shown {
	readonly world: World;
	readonly quickStart: PublishedWorkflow;
	readonly roundTrip: PublishedWorkflow;
	readonly result: RoundTripResult;
}

async function showQuickStart(world: World, progress: Progress): Promise<PublishedWorkflow> {
	const { setup, chats, model } = world;
	const { client } = world.n8n;
	progress.line('\nQuick start: events to n8n, and a message back\n');
	const published = await progress.step(
		'Publishing examples/quick-start.workflow.json as a webhook, which registers itself at the gateway',
		async () => {
			// Only a webhook can be sent something forged.
			const asWebhook = { ...setup, endpointSetup: 'automatic' as const };
			return await publishExample(client, 'quick-start', asWebhook, sendingToEndpoint);
		},
	);
	await showConversation({ chats, client, published }, progress);
	const { definition, workflow } = published;
	const startName = nodeName(definition, MANUAL_TRIGGER_TYPE);
	const inboundName = nodeName(definition, INBOUND_TYPE);
	await showMessage({ client, workflow, startName, inboundName, model }, progress);
	return published;
}

async function demonstrate(progress: Progress, cleanup: Cleanup): Promise<Shown> {
	const world = await startWorld(progress, cleanup);
	const quickStart = await showQuickStart(world, progress);
	progress.line('\nTicket round trip: from the chat to a ticket, and back to the same chat\n');
	const roundTrip = await progress.step(
		'Publishing examples/ticket-round-trip.workflow.json, which fetches its events from the gateway',
		async () => publishExample(world.n8n.client, 'ticket-round-trip', world.setup),
	);
	const { client } = world.n8n;
	const result = await showRoundTrip({ ...world, client, published: roundTrip }, progress);
	return { world, quickStart, roundTrip, result };
}

/** Where to look, and as whom. */
function links({ world, quickStart, roundTrip, result }: Shown): string[] {
	const workflow = (published: PublishedWorkflow) =>
		`${world.n8n.url}/workflow/${published.workflow.id}`;
	const { opened, told } = result.executionIds;
	return [
		`Editor               ${world.n8n.url}`,
		`Login                ${OWNER.email}  ${OWNER.password}`,
		`Quick start          ${workflow(quickStart)}`,
		`Ticket round trip    ${workflow(roundTrip)}`,
		`  opened the ticket  ${workflow(roundTrip)}/executions/${opened}`,
		`  told the person    ${workflow(roundTrip)}/executions/${told}`,
	];
}

/** Takes commands until Ctrl-C. */
async function goOn({ world, quickStart, roundTrip, result }: Shown, cleanup: Cleanup) {
	const workflows = [quickStart, roundTrip];
	const scene = { ...world, client: world.n8n.client, workflows };
	const stop = await stayOpen(scene, result.person);
	// The programs that run are children with their own lives: only this keeps the demo open.
	const open = setInterval(() => undefined, 60_000);
	await new Promise<void>((resolve) => {
		cleanup.defer(async () => {
			stop();
			clearInterval(open);
			resolve();
			return Promise.resolve();
		});
	});
}

/** Shows both halves at work: `npm run demo` stays open, `npm run demo -- --once` ends by itself. */
async function main(): Promise<void> {
	const once = process.argv.includes('--once');
	const started = performance.now();
	const display = createProgress();
	const cleanup = new Cleanup();
	try {
		display.line('OpenClaw and n8n, both real, both throwaway\n');
		const shown = await demonstrate(numberSteps(display), cleanup);
		display.line(`\nAll of it worked (${formatDuration(performance.now() - started)}).\n`);
		for (const line of links(shown)) display.line(line);
		if (once) {
			display.line('\nBoth end now; without --once they stay open.');
		} else {
			display.line('\nGo on yourself, and watch it here and in the editor:\n');
			for (const line of HELP) display.line(`  ${line}`);
			display.line('\nPress Ctrl-C to stop and to delete everything that was started.\n');
			await goOn(shown, cleanup);
		}
	} catch (error) {
		display.line(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
		process.exitCode = 1;
	} finally {
		await cleanup.run();
	}
}

void main();
