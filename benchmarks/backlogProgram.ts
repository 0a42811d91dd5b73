import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEndpointTable } from '../openclaw-plugin/src/endpoints/endpointTable';
import { startHealth } from '../openclaw-plugin/src/health/health';
import { createQueue } from '../openclaw-plugin/src/outbox/queue';
import { openStore } from '../openclaw-plugin/src/store/sharedStore';
import type { BacklogFigures } from './backlogFigures';

const [, , waiting = '300000', idleSeconds = '60'] = process.argv;
const LOOKS = 200;
const BATCH = 16;

/** Asks for what is due while an endpoint has many retries ahead; milliseconds of each look. */
function lookForDue(folder: string): readonly number[] {
	const store = openStore(folder);
	const table = openEndpointTable(store);
	const add = (name: string) =>
		table.insert(
			{
				name,
				kind: 'webhook',
				origin: 'config',
				settings: { url: 'https://n8n.example/webhook/1', events: ['message.sent'] },
			},
			0,
		).id;
	const dead = add('dead');
	const ids = [dead, add('healthy')];
	const now = Date.now();
	store.exec(`
		INSERT INTO events (seq, id, type, created_at, body) VALUES (1, 'evt_1', 'message.sent', 1, '{}');
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${waiting})
		INSERT INTO deliveries (event_seq, endpoint_id, state, tries, created_at, next_at)
			SELECT 1, ${String(dead)}, 'pending', 1 + i % 2, 1, ${String(now)} + 60000 + i FROM n;
	`);
	const queue = createQueue(store);
	const times: number[] = [];
	for (let look = 0; look < LOOKS; look += 1) {
		for (const id of ids) {
			const before = performance.now();
			queue.due(id, now, BATCH);
			queue.nextRetryAt(id);
			times.push(performance.now() - before);
		}
	}
	store.close();
	return times;
}

/** Bytes that this process has had written to a disk or to the system's cache for one. */
function writtenBytes(): number {
	const text = readFileSync('/proc/self/io', 'utf8');
	return Number(/^wchar: (\d+)$/m.exec(text)?.[1]);
}

/** What keeping the status file alive writes in an hour in which nothing happens. */
async function idle(folder: string): Promise<number> {
	const end = startHealth(folder, { version: '1.0.0' });
	const seconds = Number(idleSeconds);
	const before = writtenBytes();
	await delay(seconds * 1000);
	const bytes = writtenBytes() - before;
	end();
	return (bytes / seconds) * 3600;
}

async function measure(folder: string): Promise<BacklogFigures> {
	return { dueMilliseconds: lookForDue(folder), idleBytesPerHour: await idle(folder) };
}

const folder = mkdtempSync(join(tmpdir(), 'bench-backlog-'));
void measure(folder)
	.then((figures) => {
		console.log(JSON.stringify(figures));
	})
	.finally(() => {
		rmSync(folder, { recursive: true, force: true });
	});
