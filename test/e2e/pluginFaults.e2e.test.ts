import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { readHealth } from '../../openclaw-plugin/src/health/health';
import { askAgent } from '../../testbed/askAgent';
import { CommandError } from '../../testbed/command';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { startPluginGateway } from './support/pluginGateway';

const DISK = '4m';
const COMPARED = 30;
/** For two starts of a gateway. */
const START_LIMIT_MS = 600_000;
/** The gateway answers with what it has found within the last minute. */
const CACHED_HEALTH = { everyMs: 5000, timeoutMs: 150_000 };
/** As long as another process may hold the database. */
const LOCK_MS = 10_000;

let model: ScriptedModel & { stop(): Promise<void> };
let sink: HttpSink;
let gateway: Gateway;
let folder: string;
let hasOwnDisk = false;

/** One turn of an agent; the gateway must take it whatever is wrong with the plugin. */
async function takeTurn(text: string): Promise<string> {
	const { json } = await askAgent(gateway.url, { text: `[[reply:${text}]]` });
	return String(at(json, 'choices', 0, 'message', 'content'));
}

async function waitForReply(text: string): Promise<void> {
	// The gateway itself may cut long texts.
	const isIt = (content: string) => content.slice(0, COMPARED) === text.slice(0, COMPARED);
	await sink.waitForRequest(({ json }) => isIt(textAt(json, 'data', 'message', 'content')), {
		timeoutMs: 60_000,
	});
}

/** Codes of the faults that the command line tells of; it ends with 1 when there are some. */
async function faultCodes(): Promise<readonly string[]> {
	const text = await gateway
		.openclaw(['event-webhooks', 'status', '--json'])
		.catch((error: unknown) => (error instanceof CommandError ? error.stdout : ''));
	return listAt(tryParseJson(text), 'faults').map((fault) => textAt(fault, 'code'));
}

/** What the gateway's own health says about the plugin. */
async function gatewayHealth(): Promise<readonly string[]> {
	const health = tryParseJson(await gateway.openclaw(['health', '--json']));
	return listAt(health, 'plugins', 'errors')
		.filter((error) => textAt(error, 'id') === 'event-webhooks')
		.map((error) => textAt(error, 'error'));
}

/** Whether the gateway reports no such fault any more; the command line, which reads that too, takes its time. */
function hasEnded(isMeant: (code: string) => boolean): boolean {
	const health = readHealth(folder);
	return health !== undefined && !health.faults.some(({ code }) => isMeant(code));
}

/** Types of the events that were received, in order of arrival. */
const receivedTypes = () => sink.requests.map(({ json }) => textAt(json, 'type'));

/** A turn in which a tool is called, and what comes of it. */
async function takeToolTurn(): Promise<void> {
	const { status } = await askAgent(gateway.url, { text: 'Look into the workspace [[tool]]' });
	expect(status).toBe(200);
}

/** Takes everything that is left. */
async function fillDisk(file: string): Promise<void> {
	const ballast = await open(file, 'w');
	const block = Buffer.alloc(4096);
	try {
		for (;;) await ballast.write(block);
	} catch (error) {
		// Not `instanceof Error`: jest's world has another one than Node.js.
		if (at(error, 'code') !== 'ENOSPC') throw error;
	} finally {
		await ballast.close();
	}
}

beforeAll(async () => {
	[model, sink] = await Promise.all([startScriptedModel(), startHttpSink()]);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {
			endpoints: [
				{
					name: 'sink',
					url: sink.url,
					secret: 'whsec_faults',
					events: ['message.sent', 'tool.called', 'tool.completed'],
					allowPrivateHosts: true,
				},
			],
		},
	});
	folder = join(gateway.folder, 'state', 'event-webhooks');
	if (process.getuid?.() !== 0) return;
	// A disk of the plugin's own that can be filled.
	await gateway.stop();
	await rm(folder, { recursive: true, force: true });
	execFileSync('mkdir', ['-p', folder]);
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
	hasOwnDisk = true;
	await gateway.start();
}, START_LIMIT_MS);

afterAll(async () => {
	await gateway.stop();
	if (hasOwnDisk) execFileSync('umount', [folder]);
	await gateway.remove();
	await Promise.all([model.stop(), sink.stop()]);
});

it('a full disk disturbs no agent, is told, and loses nothing', async () => {
	if (!hasOwnDisk) return;
	expect(await takeTurn('before the disk is full')).toBe('before the disk is full');
	await waitForReply('before the disk is full');
	const ballast = join(folder, 'ballast');
	await fillDisk(ballast);

	const texts = [...Array(5).keys()].map(
		(turn) => `on a full disk ${String(turn)} ${'x'.repeat(2e4)}`,
	);
	for (const text of texts) expect(await takeTurn(text)).toBe(text);
	await waitFor(
		'the fault on the command line',
		async () => (await faultCodes()).some((code) => /^(disk-full|events-waiting)$/.test(code)),
		{ timeoutMs: 90_000 },
	);

	await rm(ballast);
	for (const text of texts) await waitForReply(text);
	await waitFor('the end of the fault', () => hasEnded((code) => code === 'disk-full'), {
		timeoutMs: 90_000,
	});
});

it("another process's lock during a turn costs no event", async () => {
	sink.clear();
	await takeToolTurn();
	await sink.waitForRequest(({ json }) => textAt(json, 'type') === 'message.sent');
	const usual = receivedTypes();
	expect(usual).toContain('tool.called');
	expect(usual).toContain('tool.completed');

	sink.clear();
	const other = new DatabaseSync(join(folder, 'event-webhooks.sqlite'), { timeout: LOCK_MS });
	other.exec('BEGIN IMMEDIATE');
	const lockedAt = performance.now();
	try {
		await takeToolTurn();
		expect(await faultCodes()).toEqual(
			expect.arrayContaining(['database-unavailable', 'events-waiting']),
		);
		expect(sink.requests).toEqual([]);
		await delay(Math.max(LOCK_MS - (performance.now() - lockedAt), 0));
	} finally {
		other.exec('ROLLBACK');
		other.close();
	}
	await waitFor('the events of the turn', () => sink.requests.length >= usual.length, {
		timeoutMs: 30_000,
	});
	expect(receivedTypes()).toEqual(usual);
	expect(await gateway.log()).not.toContain('could not be kept');
	await waitFor('the end of the faults', () => hasEnded((code) => code === 'events-waiting'), {
		timeoutMs: 60_000,
	});
});

it(
	'a database that cannot be opened at the start is used as soon as it can be',
	async () => {
		const file = join(folder, 'event-webhooks.sqlite');
		const elsewhere = join(folder, 'elsewhere');
		await gateway.stop();
		await mkdir(elsewhere);
		for (const name of await readdir(folder)) {
			if (name.startsWith('event-webhooks.sqlite')) {
				renameSync(join(folder, name), join(elsewhere, name));
			}
		}
		await mkdir(file);
		await gateway.start();

		sink.clear();
		await takeToolTurn();
		await waitFor(
			'the faults on the command line',
			async () => {
				const codes = await faultCodes();
				return codes.includes('database-unavailable') && codes.includes('events-waiting');
			},
			{ timeoutMs: 90_000 },
		);
		await waitFor(
			'the fault in the health of the gateway',
			async () => {
				const told = await gatewayHealth();
				return told.some((text) => /^service event-webhooks: .*database/.test(text));
			},
			CACHED_HEALTH,
		);
		expect(sink.requests).toEqual([]);
		// The gateway tries to open it all the time: it must find nothing or everything.
		const name = basename(file);
		for (const companion of await readdir(elsewhere)) {
			if (companion !== name) renameSync(join(elsewhere, companion), join(folder, companion));
		}
		renameSync(file, join(elsewhere, 'in-the-way'));
		renameSync(join(elsewhere, name), file);
		await sink.waitForRequest(({ json }) => textAt(json, 'type') === 'message.sent', {
			timeoutMs: 30_000,
		});
		expect(receivedTypes()).toEqual(expect.arrayContaining(['tool.called', 'tool.completed']));
		expect(await takeTurn('after the opening')).toBe('after the opening');
		await waitForReply('after the opening');
		await waitFor('the end of the faults', () => hasEnded(() => true), {
			timeoutMs: 60_000,
		});
		await waitFor('its end there', async () => (await gatewayHealth()).length === 0, CACHED_HEALTH);
	},
	START_LIMIT_MS,
);

it('a damaged database disturbs no agent, is set aside, and is told', async () => {
	expect(await takeTurn('before the damage')).toBe('before the damage');
	await waitForReply('before the damage');
	for (const name of ['event-webhooks.sqlite', 'event-webhooks.sqlite-wal']) {
		const file = await open(join(folder, name), 'r+');
		try {
			const { size } = await file.stat();
			await file.write(Buffer.alloc(Math.max(size, 8192), 0x5a), 0, undefined, 0);
		} finally {
			await file.close();
		}
	}

	// While it runs SQLite works on what it has read already; the next start reads the file.
	await gateway.kill();
	await gateway.start();

	for (const text of ['after the damage', 'and once more']) {
		expect(await takeTurn(text)).toBe(text);
		await waitForReply(text);
	}
	expect(await faultCodes()).toContain('database-replaced');
	expect((await readdir(folder)).some((name) => name.includes('.corrupt-'))).toBe(true);
});
