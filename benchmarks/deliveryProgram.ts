import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createDispatcher } from '../openclaw-plugin/src/delivery/dispatcher';
import { createHttpClient } from '../openclaw-plugin/src/delivery/httpClient';
import type { Endpoint } from '../openclaw-plugin/src/endpoints/endpoint';
import { createEvent } from '../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../openclaw-plugin/src/outbox/outbox';
import { openStore } from '../openclaw-plugin/src/store/sharedStore';
import type { DeliveryFigures, MemorySample } from './deliveryFigures';

/** What a run is about, as the benchmark passes it. */
export interface DeliveryRun {
	/** `fetch`: the loop that the dispatcher is compared with. */
	readonly sender: 'fetch' | 'dispatcher';
	readonly port: number;
	readonly events: number;
	readonly concurrency: number;
	/** Endpoints that work; each gets its share of the events. */
	readonly endpoints: number;
	/** One more that nothing listens for. */
	readonly withDead: boolean;
	/** Requests a second that the receiver takes; it answers 429 to the others. */
	readonly takesPerSecond?: number;
	/** Numbers of delivered events at which memory is measured. */
	readonly memoryAt: readonly number[];
}

const run = JSON.parse(process.argv[2] ?? '{}') as DeliveryRun;
const limit = run.takesPerSecond === undefined ? '' : `?perSecond=${String(run.takesPerSecond)}`;
const url = `http://127.0.0.1:${String(run.port)}/hook${limit}`;
const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ALL_ALLOWED = { isBlockedHost: () => false, isPrivateAddress: () => false };
const DATA = {
	agentId: 'support-bot',
	sessionId: '4708a18f-f8bf-4990-9587-d1b367261b6c',
	channel: 'telegram',
	userId: '777',
	message: { role: 'assistant' as const, content: 'An answer of usual length. '.repeat(12) },
};
const newEvent = () =>
	createEvent({ type: 'message.sent', data: DATA, at: Date.now(), instanceId: 'node-1' });

/** Requests one after the other on kept connections, so many at once. */
async function fetchAll(): Promise<void> {
	const { body } = newEvent();
	let left = run.events;
	const loop = async () => {
		while (left > 0) {
			left -= 1;
			const headers = { 'content-type': 'application/json' };
			const response = await fetch(url, { method: 'POST', body, headers });
			await response.text();
		}
	};
	await Promise.all(Array.from({ length: run.concurrency }, loop));
}

function endpointOf(id: number, name: string, to: string): Endpoint {
	return {
		id,
		name,
		kind: 'webhook',
		lifecycle: { state: 'active' },
		url: to,
		events: ['*'],
		secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`],
		origin: 'config',
		concurrency: run.concurrency,
		allowPrivateHosts: true,
	};
}

/** Bytes in use once the garbage is gone. */
function measureMemory(delivered: number): MemorySample {
	(globalThis as { gc?: () => void }).gc?.();
	const { heapUsed, rss } = process.memoryUsage();
	return { delivered, heapBytes: heapUsed, residentBytes: rss };
}

/** What waits in the outbox, delivered by the dispatcher; then the figures. */
async function deliverAll(folder: string): Promise<DeliveryFigures> {
	const working = Array.from({ length: run.endpoints }, (_, index) =>
		endpointOf(index + 1, `endpoint-${String(index)}`, url),
	);
	// Port 1 refuses connections.
	const dead = endpointOf(run.endpoints + 1, 'dead', 'http://127.0.0.1:1/');
	const endpoints = run.withDead ? [...working, dead] : working;
	const registry = {
		list: () => endpoints,
		find: (id: number) => endpoints[id - 1],
		findByName: (name: string) => endpoints.find((endpoint) => endpoint.name === name),
	};
	const store = openStore(folder);
	const insert = store.prepare(
		`INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
		VALUES (?, ?, 'webhook', 'config', '{}', 0, 0)`,
	);
	for (const { id, name } of endpoints) insert.run(id, name);
	const outbox = openOutbox(store, { folder, maxMegabytes: 10_000 });
	const append = (count: number) => {
		store.transaction(() => {
			for (let event = 0; event < count; event += 1) {
				const target = { endpointId: 1 + (event % working.length) };
				outbox.append(newEvent(), run.withDead ? [target, { endpointId: dead.id }] : [target]);
			}
		});
	};
	const countDelivered = store.prepare(
		"SELECT count(*) AS n FROM deliveries WHERE state = 'delivered'",
	);
	const client = createHttpClient(ALL_ALLOWED);
	let answered = 0;
	const dispatcher = createDispatcher({
		store,
		outbox,
		registry,
		// Counting rows while it runs would cost what is measured.
		request: async (request) => {
			const response = await client.send(request);
			if (response.kind === 'answered' && response.status === 200) answered += 1;
			return response;
		},
		logger: NO_LOG,
		version: '0',
	});
	append(run.events);
	const cpu = process.cpuUsage();
	const started = performance.now();
	await dispatcher.start();
	const memory: MemorySample[] = [];
	for (const target of [...run.memoryAt, run.events]) {
		while (answered < target) await delay(5);
		if (run.memoryAt.length > 0) memory.push(measureMemory(target));
	}
	while (Number(countDelivered.get()?.n) < run.events) await delay(1);
	const seconds = (performance.now() - started) / 1000;
	const figures = figuresOf(seconds, process.cpuUsage(cpu));
	const failed = Number(
		store.prepare("SELECT count(*) AS n FROM deliveries WHERE state = 'failed'").get()?.n,
	);
	await dispatcher.stop();
	client.close();
	store.close();
	return { ...figures, memory, failed };
}

function figuresOf(seconds: number, { user, system }: NodeJS.CpuUsage): DeliveryFigures {
	return { perSecond: run.events / seconds, cpuMicroseconds: (user + system) / run.events };
}

async function main(): Promise<DeliveryFigures> {
	if (run.sender === 'fetch') {
		const cpu = process.cpuUsage();
		const started = performance.now();
		await fetchAll();
		return figuresOf((performance.now() - started) / 1000, process.cpuUsage(cpu));
	}
	const folder = mkdtempSync(join(tmpdir(), 'bench-delivery-'));
	try {
		return await deliverAll(folder);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

void main().then((figures) => {
	console.log(JSON.stringify(figures));
});
