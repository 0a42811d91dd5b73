import { createSecret } from '../../protocol';
import type { CommandTools } from '../../scripts/runCommand';
import { startGateway, type Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { obtainPlugin } from '../../testbed/plugin';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import { markOf, messagesSeenByModel } from '../load';
import type { ResultRow } from '../results';
import { readStored } from '../storedEvents';
import { readReceived } from './received';

/** A gateway with the plugin, and all that it talks to. */
export interface GatewayStage {
	readonly gateway: Gateway;
	readonly model: ScriptedModel;
	readonly telegram: TelegramStandIn;
	readonly sink: HttpSink;
	readonly secret: string;
}

/** How what was accepted and what was received compare. */
export interface Books {
	readonly written: number;
	readonly accepted: number;
	readonly received: number;
	readonly lost: readonly string[];
	readonly unheard: readonly string[];
	/** Tool calls of which only the beginning or the end was told. */
	readonly halfTold: number;
	readonly repeated: number;
	readonly deliveredTwice: number;
	readonly unverified: number;
	readonly failed: number;
}

/** Starts a gateway whose events a receiver gets. */
export async function startGatewayStage({
	progress,
	cleanup,
}: CommandTools): Promise<GatewayStage> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const packageFile = await obtainPlugin(progress, cleanup);
	const secret = createSecret();
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			config: telegram.config('main'),
			plugin: {
				packageFile,
				config: {
					endpoints: [
						{ name: 'sink', url: sink.url, secret, events: ['*'], allowPrivateHosts: true },
					],
				},
			},
		}),
	);
	cleanup.defer(async () => gateway.remove());
	return { gateway, model, telegram, sink, secret };
}

/** Lets everything be delivered, and compares what was accepted with what was received. */
export async function closeBooks(
	{ gateway, model, sink, secret }: GatewayStage,
	known: ReadonlySet<string>,
	written: number,
	progress: Progress,
): Promise<Books> {
	await progress.step('Waiting until everything is delivered', async () =>
		waitFor('the outbox to be empty', () => readStored(gateway.folder).pending === 0, {
			timeoutMs: 300_000,
			everyMs: 500,
		}),
	);
	const stored = readStored(gateway.folder);
	const accepted = new Set([...known, ...stored.eventIds]);
	const received = readReceived(sink.requests, secret);
	const heard = new Set([...received.texts].map(markOf));
	const asked = [...(await messagesSeenByModel(model))];
	return {
		written,
		accepted: accepted.size,
		received: received.times.size,
		lost: [...accepted].filter((id) => !received.times.has(id)),
		unheard: asked.filter((text) => !heard.has(text)),
		halfTold: received.halfTold,
		repeated: [...received.times.values()].filter((times) => times > 1).length,
		deliveredTwice: stored.deliveredTwice,
		unverified: received.unverified,
		failed: stored.failed,
	};
}

/** The books for people. */
export function bookRows(outcome: Books): readonly ResultRow[] {
	return [
		['Messages that users wrote meanwhile', String(outcome.written)],
		['Events accepted', String(outcome.accepted)],
		['Events received', String(outcome.received)],
		['Events accepted and never received', String(outcome.lost.length)],
		['Messages an agent worked on without a message.received', String(outcome.unheard.length)],
		['Tool calls of which only the beginning or the end was told', String(outcome.halfTold)],
		['Events received more than once (same id)', String(outcome.repeated)],
		['… although their answer had been recorded', String(outcome.deliveredTwice)],
		['Requests that did not verify', String(outcome.unverified)],
	];
}

/**
 * Whether nothing was lost. What a tool call ended with may have died with the process, before any hook was told, so
 * that is not asked for.
 */
export function areBalanced(outcome: Books): boolean {
	const { lost, unheard, deliveredTwice, unverified, failed } = outcome;
	return [lost.length, unheard.length, deliveredTwice, unverified, failed].every((n) => n === 0);
}
