import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolder, openDatabase } from '../../../openclaw-plugin/src/store/database';
import { capturedEvent } from '../../../testbed/capturedEvents';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import type { JsonObject } from '../../../testbed/json';
import { keptEventFaults, takeEventFaults, watchEvents } from './receivedEvents';

const SOUND = capturedEvent('message.sent');
const WITHOUT_CONTENT = { ...SOUND, data: { message: { role: 'assistant' } } };
const FAULT = expect.stringMatching(/^message\.sent\.data\.message: .*content/) as string;

describe('events that a stand-in gets', () => {
	let sink: HttpSink;

	beforeAll(async () => {
		watchEvents();
		sink = await startHttpSink();
	});

	afterAll(async () => {
		await sink.stop();
	});

	const send = async (body: JsonObject, userAgent = 'OpenClaw-Event-Webhooks/0.1.0') => {
		const headers = {
			'user-agent': userAgent,
			'webhook-id': SOUND.id,
			'x-openclaw-event': SOUND.type,
		};
		await fetch(sink.url, { method: 'POST', headers, body: JSON.stringify(body) });
		return takeEventFaults();
	};

	it.each([
		['are held to their schemas', WITHOUT_CONTENT, [FAULT]],
		['have a type that has a schema', { ...SOUND, type: 'memory.saved' }, [expect.any(String)]],
		['may be as their schemas say', { ...SOUND }, []],
		['are none where a transform has made something else of them', { text: 'Hello' }, []],
	])('%s', async (_name, body, faults) => {
		expect(await send(body)).toEqual(faults);
	});

	it('are not held to anything where another program sends them', async () => {
		expect(await send(WITHOUT_CONTENT, 'axios/1.0')).toEqual([]);
	});
});

describe('events in the outbox', () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'openclaw-webhooks-outbox-'));
	});

	afterEach(() => {
		rmSync(folder, { recursive: true });
	});

	const keep = (event: JsonObject, settings: JsonObject) => {
		const database = openDatabase(dataFolder(join(folder, 'state')));
		database
			.prepare(
				`INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
				VALUES (1, 'one', 'connection', 'api', ?, 0, 0)`,
			)
			.run(JSON.stringify(settings));
		database
			.prepare(
				"INSERT INTO events (seq, id, type, created_at, body) VALUES (1, 'evt_1', 't', 0, ?)",
			)
			.run(JSON.stringify(event));
		database.exec(
			`INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
			VALUES (1, 1, 'pending', 0, 0)`,
		);
		database.close();
	};

	it.each([
		['are held to their schemas', WITHOUT_CONTENT, {}, [FAULT]],
		['may be as their schemas say', SOUND, {}, []],
		['lack what their endpoint is not to see', WITHOUT_CONTENT, { privacy: { omit: [] } }, []],
	])('%s', (_name, event, settings, faults) => {
		keep({ ...event }, settings);
		expect(keptEventFaults(folder)).toEqual(faults);
	});

	it('are none where there is no plugin', () => {
		expect(keptEventFaults(folder)).toEqual([]);
	});
});
