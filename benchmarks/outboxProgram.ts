import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmitter } from '../openclaw-plugin/src/outbox/emitter';
import { openEndpointTable } from '../openclaw-plugin/src/endpoints/endpointTable';
import { openOutbox } from '../openclaw-plugin/src/outbox/outbox';
import type { MessageData } from '../openclaw-plugin/src/protocol';
import { checkpointIfLarge } from '../openclaw-plugin/src/store/sharedStore';
import { openStore } from '../openclaw-plugin/src/store/sharedStore';
import type { OutboxFigures } from './outboxFigures';

const [, , variant = 'one', count = '50000'] = process.argv;
/** Events between two turns of the event loop, in which a gateway has its idle time. */
const BURST = 100;

const ENDPOINTS = { none: 0, one: 1, ten: 10, powerSafe: 1 };
const NOTHING = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MESSAGE: MessageData = {
	agentId: 'support-bot',
	sessionId: '4708a18f-f8bf-4990-9587-d1b367261b6c',
	channel: 'telegram',
	userId: '777',
	message: {
		role: 'assistant',
		content: 'An answer of usual length. '.repeat(12),
		messageId: '9002',
	},
	model: 'claude-sonnet-4-20250514',
	usage: { inputTokens: 200, outputTokens: 450 },
};

/** Calls the function that hooks call, and takes the time of each call. */
async function measure(folder: string): Promise<OutboxFigures> {
	const store = openStore(folder);
	if (variant === 'powerSafe') store.setSynchronous('full');
	const outbox = openOutbox(store, { folder, maxMegabytes: 10_000 });
	const list = Array.from({ length: ENDPOINTS[variant as keyof typeof ENDPOINTS] }, (_, index) => ({
		id: index + 1,
		kind: 'webhook' as const,
		lifecycle: { state: 'active' as const },
		name: `endpoint-${String(index)}`,
		url: 'https://n8n.example/webhook/1',
		events: ['message.sent' as const],
		filter: { agentIds: ['support-bot'] },
		secrets: [],
		origin: 'config' as const,
	}));
	const table = openEndpointTable(store);
	for (const { name, url, events } of list) {
		table.insert({ name, kind: 'webhook', origin: 'config', settings: { url, events } }, 0);
	}
	const registry = { list: () => list, find: () => undefined, findByName: () => undefined };
	const emit = createEmitter({ store, outbox, registry, instanceId: 'node-1', logger: NOTHING });
	const total = Number(count);
	const microseconds = new Float64Array(total);
	for (let warm = 0; warm < 2000; warm += 1) emit('message.sent', MESSAGE);
	const cpu = process.cpuUsage();
	for (let event = 0; event < total; event += 1) {
		const before = performance.now();
		emit('message.sent', MESSAGE);
		microseconds[event] = (performance.now() - before) * 1000;
		if (event % BURST !== BURST - 1) continue;
		checkpointIfLarge(store, outbox.maxBytes);
		await new Promise(setImmediate);
	}
	const { user, system } = process.cpuUsage(cpu);
	store.close();
	microseconds.sort();
	const at = (share: number) => microseconds[Math.floor(share * (total - 1))] ?? NaN;
	return {
		cpuMicroseconds: (user + system) / total,
		median: at(0.5),
		p99: at(0.99),
		worst: at(1),
	};
}

const folder = mkdtempSync(join(tmpdir(), 'bench-outbox-'));
void measure(folder)
	.then((figures) => {
		console.log(JSON.stringify(figures));
	})
	.finally(() => {
		rmSync(folder, { recursive: true, force: true });
	});
