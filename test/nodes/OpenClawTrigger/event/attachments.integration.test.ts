import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeExecutionData, WorkflowExecuteMode } from 'n8n-workflow';
import type { AttachedFile } from '../../../../openclaw-plugin/src/outbox/attachments';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import { issueToken } from '../../../../openclaw-plugin/src/tokens/tokens';
import { startHttpSink, type HttpSink } from '../../../../testbed/httpSink';
import { parseEvent } from '../../../../protocol';
import { sampleEvent } from '../../../../nodes/OpenClawTrigger/fetch/sample';
import { buildItem } from '../../../../nodes/OpenClawTrigger/event/item';
import {
	adminGateway,
	type AdminGateway,
} from '../../../openclaw-plugin/admin/support/adminGateway';
import { openManager } from '../../../openclaw-plugin/endpoints/support/manager';
import { open, TRIGGER } from '../support/triggerHarness';

const PDF = Buffer.from('%PDF-1.4 \u0000\u00ff an invoice', 'latin1');
const MEGABYTE = 1_048_576;

/** The plugin's own API, as it answers at a gateway. */
let gateway: AdminGateway;
let token: string;
let media: string;

beforeEach(async () => {
	gateway = await adminGateway();
	({ token } = issueToken(gateway.database, { name: 'n8n', scopes: ['events'] }));
	media = join(gateway.folder, 'media', 'inbound');
	mkdirSync(media, { recursive: true });
});

afterEach(async () => {
	await gateway.remove();
});

const stored = (name: string, content: Buffer | string = PDF) => {
	const path = join(media, name);
	writeFileSync(path, content);
	return path;
};

interface SentFile extends AttachedFile {
	readonly sizeBytes?: number;
}

/** An item as it comes to `execute()`, of an event that the gateway has. */
function received(files: readonly SentFile[], simplify = false): INodeExecutionData {
	const attachments = files.map(({ contentType, fileName, sizeBytes }, index) => ({
		index,
		kind: 'document',
		// Without one n8n guesses, by a module that Jest cannot load.
		contentType: contentType ?? 'application/octet-stream',
		fileName,
		sizeBytes,
	}));
	const event = createEvent({
		type: 'message.received',
		data: { message: { role: 'user', content: 'look', attachments } },
		at: gateway.time,
		instanceId: 'node-1',
		files,
	});
	const { outbox } = openManager(gateway.database, gateway.folder, () => gateway.time);
	outbox.append(event, [{ endpointId: gateway.registry.findByName('main-webhook')?.id ?? 0 }]);
	const parsed = parseEvent(JSON.parse(event.body));
	if (!parsed.ok) throw new Error(parsed.message);
	const arrival = { keyIndex: 0, timestamp: 1_800_000_000, verifiedAt: 1_800_000_000_000 };
	return buildItem(parsed.event, arrival, {
		simplify,
		includeHeaders: false,
		includeRawBody: false,
	});
}

const baseUrl = () => gateway.url.replace('/plugins/event-webhooks/api', '');

/** Runs a workflow whose trigger gets the items, and tells what it puts out. */
async function run(
	items: readonly INodeExecutionData[],
	options: object = { includeAttachments: true },
	credential: object = { gatewayUrl: baseUrl(), accessToken: token },
	mode: WorkflowExecuteMode = 'trigger',
) {
	const { harness, credentials, id } = open({
		parameters: { endpointSetup: 'connection', options: { ...options } },
	});
	credentials[id] = { ...credential };
	const { data } = await harness.run(TRIGGER, [[...items]], mode);
	const { error, runData } = data.resultData;
	if (error) throw error;
	const task = runData[TRIGGER]?.[0];
	return {
		items: task?.data?.main?.[0] ?? [],
		hints: task?.hints ?? [],
		credentialReads: harness.credentialReads,
	};
}

const bytesOf = (item: INodeExecutionData | undefined, name: string) =>
	Buffer.from(item?.binary?.[name]?.data ?? '', 'base64');
const missingOf = (item: INodeExecutionData | undefined) =>
	(item?.json['meta'] as { attachments?: unknown } | undefined)?.attachments;

it('puts the files of a message beside it, with their names and types', async () => {
	const item = received([
		{ path: stored('a'), fileName: 'invoice.pdf', contentType: 'application/pdf' },
		{ path: stored('b', 'jpeg'), contentType: 'image/jpeg' },
	]);
	const { items, hints, credentialReads } = await run([item]);
	expect(items[0]?.json).toEqual(item.json);
	expect(items[0]?.binary).toMatchObject({
		attachment_0: { fileName: 'invoice.pdf', mimeType: 'application/pdf', fileExtension: 'pdf' },
		attachment_1: { fileName: 'attachment_1.jpg', mimeType: 'image/jpeg', fileType: 'image' },
	});
	expect(bytesOf(items[0], 'attachment_0')).toEqual(PDF);
	expect(bytesOf(items[0], 'attachment_1').toString()).toBe('jpeg');
	expect(hints).toEqual([]);
	// Once, and once more by n8n for each request of it.
	expect(credentialReads).toBeLessThanOrEqual(3);
});

it('finds them in a flat event', async () => {
	const item = received([{ path: stored('a') }], true);
	const { items } = await run([item], { includeAttachments: true, simplify: true });
	expect(items[0]?.json).toEqual(item.json);
	expect(bytesOf(items[0], 'attachment_0')).toEqual(PDF);
});

it('fetches nothing unless it is asked to, and nothing for a message without files', async () => {
	const { items } = await run([received([{ path: stored('a') }])], {});
	expect(items[0]?.binary).toBeUndefined();
	const { items: plain, credentialReads } = await run([received([])]);
	expect(plain[0]?.binary).toBeUndefined();
	expect(credentialReads).toBe(0);
});

it('does so for each item of an execution', async () => {
	const { items } = await run([
		received([{ path: stored('a', 'first') }]),
		received([]),
		received([{ path: stored('b', 'third') }]),
	]);
	expect(items.map((item) => bytesOf(item, 'attachment_0').toString())).toEqual([
		'first',
		'',
		'third',
	]);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
		{ item: 0 },
		{ item: 1 },
		{ item: 2 },
	]);
});

describe('what cannot be had', () => {
	it('is named, and keeps neither the event nor its other files back', async () => {
		const gone = stored('gone');
		const item = received([{ path: gone }, { path: stored('b') }]);
		rmSync(gone);
		const { items, hints } = await run([item]);
		expect(items[0]?.json).toEqual({
			...item.json,
			meta: {
				...(item.json['meta'] as object),
				attachments: [{ index: 0, error: 'The gateway does not have the file any more' }],
			},
		});
		expect(Object.keys(items[0]?.binary ?? {})).toEqual(['attachment_1']);
		expect(hints).toMatchObject([
			{ message: expect.stringContaining('meta.attachments') as string },
		]);
	});

	it('is named in a flat event, too', async () => {
		const item = received([{}], true);
		const { items } = await run([item], { includeAttachments: true, simplify: true });
		expect(missingOf(items[0])).toEqual([
			{ index: 0, error: 'The gateway had not stored the file when it told of the message' },
		]);
	});

	it('may be too large for n8n, whether the event says so or not', async () => {
		const path = stored('large');
		truncateSync(path, 20 * MEGABYTE + 1);
		const { items } = await run([received([{ path, sizeBytes: 20 * MEGABYTE + 1 }, { path }])]);
		expect(missingOf(items[0])).toEqual([
			{
				index: 0,
				error:
					'The file has 20.0 MB: up to 20 MB are fetched for a file, and up to 50 MB for an event',
			},
			{
				index: 1,
				error: expect.stringContaining('The file has 20.0 MB, and at most 20.0') as string,
			},
		]);
	});

	it('may be too much for one event', async () => {
		const path = stored('large');
		truncateSync(path, 20 * MEGABYTE);
		const { items } = await run([received([{ path }, { path }, { path }, { path: stored('b') }])]);
		expect(Object.keys(items[0]?.binary ?? {})).toEqual([
			'attachment_0',
			'attachment_1',
			'attachment_3',
		]);
		expect(missingOf(items[0])).toEqual([
			{ index: 2, error: expect.stringContaining('at most 10.0 MB') as string },
		]);
	});

	it.each([
		['no token', () => '', /'Access Token' .* empty/],
		['a wrong token', () => 'ocw_wrong', /did not accept the access token/],
		[
			'a token for something else',
			() => issueToken(gateway.database, { name: 'x', scopes: ['inbound'] }).token,
			/The access token is not for this\..*scope 'events'/,
		],
	])('is told with %s', async (_, given, error) => {
		const accessToken = given();
		const { items } = await run([received([{ path: stored('a') }])], undefined, {
			gatewayUrl: baseUrl(),
			accessToken,
		});
		expect(missingOf(items[0])).toEqual([
			{ index: 0, error: expect.stringMatching(error) as string },
		]);
		if (accessToken !== '') expect(JSON.stringify(items)).not.toContain(accessToken);
	});
});

describe('a gateway that does not answer well', () => {
	let sink: HttpSink;

	beforeEach(async () => {
		sink = await startHttpSink();
	});

	afterEach(async () => {
		await sink.stop();
	});

	const atSink = () => ({ gatewayUrl: sink.url, accessToken: token });

	it('is asked again', async () => {
		sink.answerBy(({ index }) => (index < 2 ? { status: 503 } : { body: 'the file' }));
		const { items } = await run([received([{}])], undefined, atSink());
		expect(bytesOf(items[0], 'attachment_0').toString()).toBe('the file');
		expect(sink.requests).toHaveLength(3);
	});

	it('is not asked for the next file when it has gone', async () => {
		sink.answerBy(() => ({ cut: 'before-response' }));
		const { items } = await run([received([{}, {}]), received([{}])], undefined, atSink());
		expect(sink.requests).toHaveLength(4);
		expect(items.map((item) => missingOf(item))).toEqual([
			[
				{ index: 0, error: expect.stringContaining('broke off') as string },
				{ index: 1, error: expect.stringContaining('broke off') as string },
			],
			[{ index: 0, error: expect.stringContaining('broke off') as string }],
		]);
	});

	it('cannot send more than was asked for', async () => {
		sink.answerBy(() => ({ body: 'x'.repeat(20 * MEGABYTE + 1) }));
		const { items } = await run([received([{}])], undefined, atSink());
		expect(missingOf(items[0])).toMatchObject([
			{ error: expect.stringContaining('20 MB are fetched') as string },
		]);
	});

	it('leads nowhere else', async () => {
		const path = '../../../../secret';
		const item = received([{}]);
		sink.answerBy(() => ({ status: 404 }));
		await run([{ ...item, json: { ...item.json, id: path } }], undefined, atSink());
		expect(sink.requests.map((request) => request.path.split('?')[0])).toEqual([
			'/plugins/event-webhooks/api/events/..%2F..%2F..%2F..%2Fsecret/attachments/0',
		]);
	});
});

it('needs an access token, which publishing a manual webhook tells', async () => {
	const publish = async (includeAttachments: boolean, credential: object) => {
		const { harness, credentials, id } = open({ parameters: { options: { includeAttachments } } });
		credentials[id] = { signingSecret: 'whsec_integration', ...credential };
		return await harness.hook(TRIGGER, 'create');
	};
	const whole = { gatewayUrl: 'http://127.0.0.1:18789', accessToken: 'ocw_test' };
	expect(await publish(true, whole)).toBe(true);
	expect(await publish(false, {})).toBe(true);
	for (const less of [
		{},
		{ ...whole, gatewayUrl: '' },
		{ ...whole, accessToken: '', hookToken: 'x' },
	]) {
		await expect(publish(true, less)).rejects.toThrow("'Include Attachments' needs");
	}
});

it('makes a sample of a file for the sample of a message', async () => {
	const json = { ...(sampleEvent('message.received', Date.now(), true) as object), isSample: true };
	const { items, credentialReads } = await run([{ json }], undefined, undefined, 'manual');
	expect(bytesOf(items[0], 'attachment_0').toString()).toMatch(/sample of a file/);
	expect(items[0]?.binary).toMatchObject({ attachment_0: { fileName: 'sample.txt' } });
	expect(credentialReads).toBe(0);
});
