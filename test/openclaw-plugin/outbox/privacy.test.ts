import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { viewOf } from '../../../openclaw-plugin/src/endpoints/privacy';
import { createEmitter } from '../../../openclaw-plugin/src/outbox/emitter';
import type { EmitEvent } from '../../../openclaw-plugin/src/outbox/emitter';
import {
	exportLines,
	listDeliveries,
	showDelivery,
} from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { createHistory } from '../../../openclaw-plugin/src/outbox/history';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { countReplay } from '../../../openclaw-plugin/src/outbox/replay';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../openclaw-plugin/src/store/store';
import type { PrivacyConfig } from '../../../protocol/configPrivacy';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { useFolder } from '../store/support/folder';
import { registryOf, rememberingLogger, someEndpoint } from './support/endpoints';

const MARKER = 'the-text-that-nobody-may-see';
const CONTENT = { omit: ['data.message.content'] };
const DROPS = { dropBodiesAfterDelivery: true };
const folder = useFolder();
let store: Store;
let outbox: Outbox;
let emit: EmitEvent;

/** Endpoints with ids from 1, and what they are not to see. */
function prepare(...privacies: readonly (PrivacyConfig | undefined)[]): void {
	store = openStore(folder.path);
	outbox = openOutbox(store, { folder: store.folder });
	const endpoints = privacies.map((privacy, index) => {
		const settings = {
			url: 'https://n8n.example/1',
			events: ['*'] as const,
			...(privacy === undefined ? {} : { privacy }),
		};
		const { id, name } = storedEndpoint(store, `endpoint-${String(index)}`, { settings });
		return someEndpoint({ id, name, ...settings });
	});
	const registry = registryOf(endpoints);
	const logger = rememberingLogger();
	emit = createEmitter({ store, outbox, registry, instanceId: 'node-1', logger });
}

function say(content = MARKER): void {
	emit('message.received', { agentId: 'main', message: { role: 'user', content } });
}

function settle(id: number, state: 'delivered' | 'failed', response?: string): void {
	const generation = Number(
		store.prepare('SELECT generation FROM deliveries WHERE id = ?').get(id)?.generation,
	);
	const attempt = { number: 1, startedAt: Date.now(), durationMs: 5, status: 200, response };
	outbox.settle([{ id, generation, attempt, settlement: { state } }]);
}

/** Whether a text is anywhere in the files of the database, free pages included. */
function isOnDisk(text: string): boolean {
	return readdirSync(folder.path).some((name) =>
		readFileSync(join(folder.path, name)).includes(text),
	);
}

const shown = (id: string) => JSON.stringify(showDelivery(store, id));
const bodies = () =>
	store
		.prepare('SELECT body FROM events ORDER BY seq')
		.all()
		.map(({ body }) => body);

afterEach(() => {
	store.close();
});

it('does not write what no endpoint sees, not even for a moment', () => {
	prepare(CONTENT, { omit: ['data.message'] }, { redact: ['data.message.content'] });
	for (let count = 0; count < 20; count += 1) say(MARKER.repeat(500));
	expect(isOnDisk(MARKER)).toBe(false);
	expect(outbox.load(3)?.body).toContain('"content":"[redacted]"');
	store.close();
	expect(isOnDisk(MARKER)).toBe(false);
});

it('shows each endpoint its own view of an event, in details, export and searches', async () => {
	prepare(CONTENT, undefined);
	say();
	expect(shown('dlv_1')).not.toContain(MARKER);
	expect(shown('dlv_2')).toContain(MARKER);
	let exported = '';
	for await (const lines of exportLines(store, {})) exported += lines;
	expect(exported.split('\n').map((line) => line.includes(MARKER))).toEqual([true, false, false]);
	const found = listDeliveries(store, { text: MARKER.toUpperCase() }).deliveries;
	expect(found.map(({ id }) => id)).toEqual(['dlv_2']);
	expect(listDeliveries(store, { text: 'agentId' }).deliveries).toHaveLength(2);
});

it('keeps of what is sent again only what those see who get it', () => {
	prepare(CONTENT, undefined, undefined);
	say();
	for (const id of [1, 2, 3]) settle(id, 'delivered');
	outbox.replay({ deliveryIds: [1] });
	outbox.replay({ deliveryIds: [1, 3] });
	expect(bodies().map((body) => String(body).includes(MARKER))).toEqual([true, false, true]);
	expect(shown('dlv_4')).toContain('replayOf');
	expect(shown('dlv_5')).not.toContain(MARKER);
});

it('hides what was kept before the endpoint was to see less, and never shows more than was kept', () => {
	prepare(undefined);
	say();
	const change = (privacy: PrivacyConfig) =>
		store
			.prepare('UPDATE endpoints SET settings = ?')
			.run(JSON.stringify({ url: 'https://n8n.example/1', events: ['*'], privacy }));
	change(CONTENT);
	expect(shown('dlv_1')).not.toContain(MARKER);
	outbox.append({ id: 'evt_2', type: 'message.sent', createdAt: 0, body: String(bodies()[0]) }, [
		{ endpointId: 1, view: viewOf(CONTENT) },
	]);
	change({});
	expect(shown('dlv_1')).toContain(MARKER);
	expect(shown('dlv_2')).not.toContain(MARKER);
});

describe('files of a message', () => {
	const files = [
		{ path: '/media/1', fileName: 'first.png', contentType: 'image/png' },
		{ path: '/media/2', fileName: 'second.png', contentType: 'image/png' },
	];
	const send = () => {
		const attachments = files.map(({ fileName, contentType }, index) => ({
			...{ index, kind: 'image', fileName, contentType },
		}));
		emit('message.received', { message: { role: 'user', content: '', attachments } }, 0, files);
	};
	const kept = () =>
		store.prepare('SELECT place, path, file_name AS name FROM attachments').all() as unknown[];

	it('are kept as far as an endpoint sees them', () => {
		prepare({ omit: ['data.message.attachments[0]', 'data.message.attachments[*].fileName'] });
		send();
		expect(kept()).toEqual([{ place: 1, path: '/media/2', name: null }]);
		settle(1, 'delivered');
		outbox.replay({ deliveryIds: [1] });
		expect(kept()).toHaveLength(2);
	});

	it('are not kept where nobody sees them, and are forgotten with the body', () => {
		prepare({ redact: ['data.message.attachments'] });
		send();
		expect(kept()).toEqual([]);
		store.close();
		expect(isOnDisk('first.png')).toBe(false);
		prepare(undefined, DROPS);
		store.exec(`UPDATE endpoints SET settings = '{"privacy":{"dropBodiesAfterDelivery":true}}'`);
		send();
		settle(2, 'delivered');
		settle(3, 'delivered');
		expect(kept()).toEqual([]);
	});
});

describe('dropBodiesAfterDelivery', () => {
	it('keeps nothing but id, type and time of what was delivered', () => {
		prepare(DROPS);
		say();
		store.exec(
			`INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status, error, response)
			VALUES (1, 1, 1, 1, 400, 'HTTP 400: refused: ${MARKER}', '${MARKER}')`,
		);
		settle(1, 'delivered', `I have got ${MARKER}`);
		expect(bodies()).toEqual([null]);
		const details = showDelivery(store, 'dlv_1');
		expect(details).toMatchObject({
			status: 'delivered',
			isBodyKept: false,
			event: { type: 'message.received' },
			eventType: 'message.received',
			attemptLog: [{ status: 400, reason: 'HTTP 400' }, { status: 200 }],
		});
		expect(details?.event).toEqual({
			id: details?.eventId,
			type: 'message.received',
			timestamp: expect.any(String) as unknown,
		});
		expect(shown('dlv_1')).not.toContain(MARKER);
	});

	it.each([100, 10_000])('leaves nothing of %d characters in the files', (length) => {
		prepare(DROPS);
		for (let count = 1; count <= 20; count += 1) {
			say(MARKER.repeat(length / 25));
			settle(count, 'delivered', MARKER);
		}
		store.close();
		expect(isOnDisk(MARKER)).toBe(false);
	});

	it('keeps what waits or has failed, and what another endpoint wants', () => {
		prepare(DROPS, DROPS, undefined);
		say();
		settle(1, 'delivered');
		settle(2, 'failed');
		expect(shown('dlv_1')).not.toContain(MARKER);
		expect(shown('dlv_2')).toContain(MARKER);
		expect(shown('dlv_3')).toContain(MARKER);
		expect(listDeliveries(store, { text: MARKER }).deliveries).toHaveLength(2);
		settle(3, 'delivered');
		outbox.replay({ deliveryIds: [2] });
		settle(2, 'delivered');
		expect(shown('dlv_2')).not.toContain(MARKER);
		expect(shown('dlv_3')).toContain(MARKER);
	});

	it('keeps nothing for an endpoint whose own delivery is deleted', () => {
		prepare(undefined, DROPS);
		say();
		settle(1, 'delivered');
		settle(2, 'delivered');
		expect(bodies()[0]).toContain(MARKER);
		createHistory(store).deleteOldest(1);
		expect(showDelivery(store, 'dlv_1')).toBeUndefined();
		expect(bodies()).toEqual([null]);
	});

	it('sends nothing again that is not kept', () => {
		prepare(DROPS, undefined);
		say();
		settle(1, 'delivered');
		settle(2, 'delivered');
		expect(countReplay(store, { since: 0 })).toEqual({ count: 1, notKept: 1 });
		expect(outbox.replay({ deliveryIds: [1] }).count).toBe(0);
		expect(outbox.replay({ since: 0 })).toEqual({ count: 1, endpointIds: [2] });
	});

	it('goes on settling when the settings of an endpoint are damaged', () => {
		prepare(DROPS);
		say();
		store.exec("UPDATE endpoints SET settings = '{'");
		settle(1, 'delivered');
		expect(bodies()).not.toEqual([null]);
		expect(shown('dlv_1')).not.toContain(MARKER);
	});
});

it('costs a hook little', () => {
	prepare({ omit: ['data.message.content'], redact: ['data.sender', 'data.tool.params.*'] });
	const times = Array.from({ length: 2000 }, () => {
		const begin = performance.now();
		say('A message of usual length. '.repeat(20));
		return performance.now() - begin;
	}).sort((left, right) => left - right);
	// Some 25 µs; other work on the machine must not make this fail.
	expect(times[1000]).toBeLessThan(1);
});
