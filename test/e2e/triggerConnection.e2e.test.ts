import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import { listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import type { Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, node, noOp } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import { createToken } from './support/tokens';
import { startOwnN8n } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';

const TRIGGER = 'OpenClaw Trigger';
const API = '/plugins/event-webhooks/api';
/** For ten minutes an execution that a worker was killed in counts as running still: nobody can tell. */
const RUN_LIMIT_MS = isQueueMode() ? 800_000 : 120_000;

let telegram: TelegramStandIn;
let gateway: Gateway;
let n8n: N8n;
let token: string;

beforeAll(async () => {
	telegram = await startTelegramStandIn();
	[gateway, n8n] = await Promise.all([
		startPluginGateway({
			modelUrl: readShared().modelUrl,
			config: telegram.config('main'),
			webhooks: {},
		}),
		startOwnN8n(),
	]);
	token = createToken(gateway);
});

afterAll(async () => {
	await Promise.all([gateway.remove(), n8n.remove()]);
	await telegram.stop();
});

async function list(name: 'endpoints' | 'deliveries', query = ''): Promise<readonly unknown[]> {
	const headers = { authorization: `Bearer ${token}` };
	const response = await fetch(`${gateway.url}${API}/${name}${query}`, { headers });
	return listAt(tryParseJson(await response.text()), name);
}

const endpoints = async () => await list('endpoints');

async function remove(name: string): Promise<void> {
	const headers = { authorization: `Bearer ${token}` };
	await fetch(`${gateway.url}${API}/endpoints/${name}`, { method: 'DELETE', headers });
}

/** Sends the event of an execution once more, as soon as it is delivered. */
async function replay(execution: Execution | undefined): Promise<void> {
	const delivery = textAt(execution?.json(TRIGGER)[0], 'meta', 'delivery');
	await waitFor('the event to be settled', async () =>
		(await list('deliveries', `/${delivery}`)).some((one) => textAt(one, 'status') === 'delivered'),
	);
	const response = await fetch(`${gateway.url}${API}/deliveries/replay`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ deliveryIds: [delivery] }),
	});
	expect(tryParseJson(await response.text())).toMatchObject({ count: 1 });
}

async function createCredential() {
	const data = credentialData(gateway.url, { accessToken: token });
	return await n8n.client.createCredential(CREDENTIAL_TYPE, data);
}

/** Takes its time between the trigger and the last node. */
async function create(
	parameters: JsonObject = {},
	seconds = 0,
	settings: JsonObject = {},
): Promise<Workflow> {
	const credential = await createCredential();
	return await n8n.client.createWorkflow({
		name: 'Connected',
		settings,
		nodes: [
			triggerNode(credential, {
				events: ['tool.called'],
				endpointSetup: 'connection',
				...parameters,
			}),
			node('Take Time', 'n8n-nodes-base.wait', 1.1, { amount: seconds, unit: 'seconds' }),
			noOp('After'),
		],
		connections: chain(TRIGGER, 'Take Time', 'After'),
	});
}

/** One turn of an agent with a tool call. */
async function takeTurn(): Promise<void> {
	const { status } = await askAgent(gateway.url, { agent: 'main', text: 'Look around [[tool]]' });
	expect(status).toBe(200);
}

/**
 * Waits until so many executions have run to their end and the gateway has heard of all: an event that is handed
 * out once more, because n8n ended before it could say so, leads to one in which nothing runs.
 */
async function waitForRuns(workflow: Workflow, count: number): Promise<void> {
	const ended = async () => {
		const rows = await n8n.client.executions(workflow);
		const succeeded = rows.filter(({ status }) => status === 'success');
		const executions = await Promise.all(
			succeeded.map(async ({ id }) => await n8n.client.execution(id)),
		);
		return executions.filter((execution) => execution.ran('After')).length;
	};
	const limit = { everyMs: 1000, timeoutMs: RUN_LIMIT_MS };
	await waitFor(
		`${String(count)} executions to their end`,
		async () => (await ended()) >= count,
		limit,
	);
	const names = (await endpoints()).map((one) => textAt(one, 'name'));
	// Those of other workflows stay at the gateway, and keep their events.
	const own = names.find((name) => name.includes(workflow.id)) ?? '';
	const pending = `?endpoint=${encodeURIComponent(own)}&status=pending`;
	await waitFor(
		'all to be settled',
		async () => (await list('deliveries', pending)).length === 0,
		limit,
	);
	expect(await ended()).toBe(count);
}

it('runs the events of the gateway, which needs no way to n8n', async () => {
	const workflow = await create();
	await n8n.client.publish(workflow);
	expect(await endpoints()).toMatchObject([{ kind: 'connection', events: ['tool.called'] }]);
	await takeTurn();
	const [execution] = await n8n.client.waitForExecutions(workflow, 1);
	expect(execution).toMatchObject({ status: 'success' });
	expect(execution?.json('After')[0]).toMatchObject({
		type: 'tool.called',
		data: { agentId: 'main', tool: { name: 'ls' } },
		meta: { attempt: 1 },
	});

	// A lost endpoint is registered again by itself.
	await remove(textAt((await endpoints())[0], 'name'));
	await waitFor('the endpoint to be there again', async () => (await endpoints()).length === 1, {
		timeoutMs: 60_000,
	});
	await takeTurn();
	await n8n.client.waitForExecutions(workflow, 2);

	// What happens while n8n is away waits for it.
	await n8n.stop();
	await takeTurn();
	await n8n.start();
	await waitForRuns(workflow, 3);
	await n8n.client.deleteWorkflow(workflow);
});

it(
	'runs an event again that a crash cut off, and once to its end',
	async () => {
		const workflow = await create({}, 5);
		await n8n.client.publish(workflow);
		await takeTurn();
		await waitFor('the execution to run', async () =>
			(await n8n.client.executions(workflow)).some(({ status }) => status === 'running'),
		);
		await n8n.kill();
		await n8n.start();
		await waitForRuns(workflow, 1);
		await n8n.client.deleteWorkflow(workflow);
	},
	2 * RUN_LIMIT_MS,
);

it('goes on after an execution that took longer than the workflow may', async () => {
	const workflow = await create({ options: { maxParallel: 1 } }, 30, { executionTimeout: 2 });
	await n8n.client.publish(workflow);
	await takeTurn();
	await takeTurn();
	const names = (await endpoints()).map((one) => textAt(one, 'name'));
	const own = names.find((name) => name.includes(workflow.id)) ?? '';
	const query = `?endpoint=${encodeURIComponent(own)}&status=delivered`;
	const settled = async () => await list('deliveries', query);
	await waitFor('both to be settled', async () => (await settled()).length === 2, {
		timeoutMs: RUN_LIMIT_MS,
	});
	for (const one of await settled()) {
		const [shown] = await list('deliveries', `/${textAt(one, 'id')}`);
		const [attempt] = listAt(shown, 'attemptLog');
		expect(textAt(attempt, 'response')).toContain('timed out');
	}
	await n8n.client.deleteWorkflow(workflow);
});

it('gives the editor the next event, at an endpoint that ends with it', async () => {
	const workflow = await create();
	const before = (await endpoints()).length;
	await executeStep(workflow, 1);
	await waitFor('the test endpoint to be gone', async () => (await endpoints()).length === before);
	// As people do: the same endpoint is made again at once.
	await executeStep(workflow, 2);
	await waitFor('the test endpoint to be gone', async () => (await endpoints()).length === before);
});

/** *Execute step*, and an event while the editor listens. */
async function executeStep(workflow: Workflow, count: number): Promise<void> {
	const run = n8n.client.runManually(workflow, TRIGGER);
	await waitFor('the test endpoint', async () =>
		(await endpoints()).some((one) => textAt(one, 'name').endsWith('-test')),
	);
	await takeTurn();
	await run;
	const executions = await n8n.client.waitForExecutions(workflow, count);
	for (const execution of executions) {
		expect(execution).toMatchObject({ status: 'success', mode: 'manual' });
		expect(execution.json(TRIGGER)[0]).toMatchObject({ type: 'tool.called', meta: { attempt: 1 } });
	}
}

/** A picture of one pixel: smaller than that JPEG does not get. */
const PHOTO = Buffer.from(
	'/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
	'base64',
);

/** A document of one page with a line of text on it. */
function pdf(text: string): Buffer {
	const page = `BT /F1 24 Tf 20 40 Td (${text}) Tj ET`;
	const objects = [
		'<< /Type /Catalog /Pages 2 0 R >>',
		'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
		'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
		`<< /Length ${String(page.length)} >>\nstream\n${page}\nendstream`,
		'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
	];
	let file = '%PDF-1.4\n';
	const places = objects.map((object, index) => {
		const place = String(file.length).padStart(10, '0');
		file += `${String(index + 1)} 0 obj\n${object}\nendobj\n`;
		return `${place} 00000 n \n`;
	});
	const count = String(objects.length + 1);
	const table = `xref\n0 ${count}\n0000000000 65535 f \n${places.join('')}`;
	const end = `trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${String(file.length)}\n%%EOF\n`;
	return Buffer.from(file + table + end, 'latin1');
}

describe('the files of a message', () => {
	/** Takes messages with files of a kind, and hands the first one to a node that reads it. */
	const createReader = async (
		kind: string,
		[type, version, parameters]: readonly [string, number, JsonObject],
	): Promise<Workflow> => {
		const isOfKind = {
			field: 'data.message.attachments[0].kind',
			operator: 'equals',
			value: kind,
		};
		return await n8n.client.createWorkflow({
			name: `Reader of ${kind}`,
			nodes: [
				triggerNode(await createCredential(), {
					events: ['message.received'],
					endpointSetup: 'connection',
					filters: { conditions: { values: [isOfKind] } },
					options: { includeAttachments: true },
				}),
				node('Read', type, version, { binaryPropertyName: 'attachment_0', ...parameters }),
			],
			connections: chain(TRIGGER, 'Read'),
		});
	};
	const hash = { action: 'hash', type: 'SHA256', binaryData: true, dataPropertyName: 'sha256' };
	const asHash = ['n8n-nodes-base.crypto', 1, hash] as const;
	const asText = ['n8n-nodes-base.extractFromFile', 1, { operation: 'pdf' }] as const;
	const sendPhoto = (more: object = {}) =>
		telegram.sendFile({ kind: 'photo', content: PHOTO, caption: 'my printer', ...more });

	it('are there for the nodes behind it, byte for byte', async () => {
		const [ofImages, ofDocuments] = await Promise.all([
			createReader('image', asHash),
			createReader('document', asText),
		]);
		await n8n.client.publish(ofImages);
		await n8n.client.publish(ofDocuments);
		sendPhoto();
		telegram.sendFile({
			kind: 'document',
			content: pdf('Invoice 4711'),
			mimeType: 'application/pdf',
			fileName: 'invoice.pdf',
		});

		const [photo] = await n8n.client.waitForExecutions(ofImages, 1);
		expect(photo).toMatchObject({ status: 'success', errorMessage: '' });
		expect(photo?.json(TRIGGER)[0]).toMatchObject({
			data: { message: { content: 'my printer', attachments: [{ index: 0, kind: 'image' }] } },
		});
		expect(photo?.json(TRIGGER)[0]).not.toHaveProperty('meta.attachments');
		expect(photo?.items(TRIGGER)[0]?.binary).toMatchObject({
			attachment_0: { mimeType: 'image/jpeg', fileName: 'attachment_0.jpg' },
		});
		const sha256 = createHash('sha256').update(PHOTO).digest('hex');
		expect(photo?.json('Read')[0]).toMatchObject({ sha256 });

		const [document] = await n8n.client.waitForExecutions(ofDocuments, 1);
		expect(document).toMatchObject({ status: 'success', errorMessage: '' });
		expect(document?.items(TRIGGER)[0]?.binary).toMatchObject({
			attachment_0: { mimeType: 'application/pdf', fileName: 'invoice.pdf', fileExtension: 'pdf' },
		});
		expect(textAt(document?.json('Read')[0], 'text').trim()).toBe('Invoice 4711');

		// One that is sent again on purpose has them, too.
		await replay(photo);
		const [, again] = await n8n.client.waitForExecutions(ofImages, 2);
		const replayOf = textAt(photo?.json(TRIGGER)[0], 'id');
		expect(again?.json(TRIGGER)[0]).toMatchObject({ replayOf });
		expect(again?.json('Read')[0]).toMatchObject({ sha256 });

		// And what the gateway has deleted meanwhile keeps no event back.
		await rm(join(gateway.folder, 'state', 'media', 'inbound'), { recursive: true });
		await replay(photo);
		const [, , without] = await n8n.client.waitForExecutions(ofImages, 3);
		expect(without?.json(TRIGGER)[0]).toMatchObject({
			data: { message: { content: 'my printer' } },
			meta: {
				attachments: [{ index: 0, error: 'The gateway does not have the file any more' }],
			},
		});
		await n8n.client.deleteWorkflow(ofImages);
		await n8n.client.deleteWorkflow(ofDocuments);
	});

	it('are there while the workflow is built', async () => {
		const workflow = await createReader('image', asHash);
		const run = n8n.client.runManually(workflow, TRIGGER);
		await waitFor('the test endpoint', async () =>
			(await endpoints()).some((one) => textAt(one, 'name').endsWith('-test')),
		);
		sendPhoto();
		await run;
		const [execution] = await n8n.client.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success', mode: 'manual', errorMessage: '' });
		expect(execution?.json('Read')[0]).toMatchObject({
			sha256: createHash('sha256').update(PHOTO).digest('hex'),
		});
		await n8n.client.deleteWorkflow(workflow);
	});
});
