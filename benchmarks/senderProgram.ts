import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createInboundRoute } from '../openclaw-plugin/src/inbound/inboundRoute';
import { createRefusalStore } from '../openclaw-plugin/src/inbound/refusalStore';
import { checkConfig } from '../openclaw-plugin/src/protocol';
import { readSettings } from '../openclaw-plugin/src/settings/settings';
import { openStore } from '../openclaw-plugin/src/store/sharedStore';
import { createFailureLimit, createTokenGate } from '../openclaw-plugin/src/tokens/authorizer';
import { createTokenCheck } from '../openclaw-plugin/src/tokens/tokens';
import type { SenderFigures, SenderVariant } from './senderFigures';

// The inbound route on a real database, called over HTTP by another thread: only the thread that serves counts.

const SECRET = 'whsec_YmVuY2htYXJrLXNlY3JldC1vZi0zMi1ieXRlcy0uLi4=';
const HOOKS = {
	isEnabled: true,
	token: 'hook-token',
	allowedAgentIds: undefined,
	mayNameSession: false,
	sessionKeyPrefixes: [],
};
const INBOUND = {
	endpoints: {
		github: {
			agentId: 'triage',
			template: '#{{body.issue.number}} {{body.issue.title}}: {{body.issue.body}}',
			auth: { type: 'github', secret: SECRET },
			when: { path: 'body.action', equals: 'opened' },
		},
		standardWebhooks: {
			agentId: 'triage',
			template: '#{{body.issue.number}} {{body.issue.title}}: {{body.issue.body}}',
			auth: { type: 'standard-webhooks', secret: SECRET },
		},
	},
};
const AT_ONCE = 8;
const WARM_UP = 500;

interface Calls {
	readonly variant: SenderVariant;
	readonly port: number;
	readonly from: number;
	readonly count: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

const isRefused = (variant: SenderVariant) =>
	variant === 'bareRefused' || variant === 'forged' || variant === 'unsigned';

/** One call, as its sender makes it, and numbered. */
function callOf(variant: SenderVariant, number: number) {
	const body = JSON.stringify({
		action: 'opened',
		issue: { number, title: 'Checkout fails', body: 'A sentence of usual length. '.repeat(30) },
	});
	const time = String(Math.floor(Date.now() / 1000));
	const id = `msg_${String(number)}`;
	const digest = (text: string) =>
		createHmac('sha256', variant === 'forged' ? 'another secret' : SECRET).update(text);
	const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
	const signed = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
	const headers: Readonly<Record<string, string>> =
		variant === 'standardWebhooks'
			? { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signed}` }
			: {
					'x-github-delivery': id,
					...(variant === 'unsigned'
						? {}
						: { 'x-hub-signature-256': `sha256=${digest(body).digest('hex')}` }),
				};
	const path = variant === 'standardWebhooks' ? 'standardWebhooks' : 'github';
	return { path: `/webhooks/inbound/${path}`, body, headers };
}

async function send({ variant, port }: Calls, agent: Agent, number: number): Promise<void> {
	const { path, body, headers } = callOf(variant, number);
	const status = await new Promise<number>((resolve, reject) => {
		request({
			port,
			path,
			agent,
			host: '127.0.0.1',
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'content-length': String(Buffer.byteLength(body)),
				...headers,
			},
		})
			.on('response', (response) => {
				response.resume().once('end', () => {
					resolve(response.statusCode ?? 0);
				});
			})
			.on('error', reject)
			.end(body);
	});
	const expected = isRefused(variant) ? 401 : 202;
	if (status !== expected) throw new Error(`${variant} was answered with ${String(status)}`);
}

async function sendAll(calls: Calls): Promise<void> {
	const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
	let next = calls.from;
	const sender = async () => {
		while (next < calls.from + calls.count) await send(calls, agent, next++);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, sender));
	agent.destroy();
}

/** Reads the body and answers, with as many bytes and headers as the route does. */
const bare =
	(status: number, more: Readonly<Record<string, string>>): Handler =>
	(asked, response) => {
		asked.resume().once('end', () => {
			const text = JSON.stringify({ ok: true, runId: 'run_01jbw2v6c8qf6t5m3k9d7x2h4e' });
			response.writeHead(status, {
				'Content-Type': 'application/json; charset=utf-8',
				'Content-Length': String(Buffer.byteLength(text)),
				'Cache-Control': 'no-store',
				...more,
			});
			response.end(text);
		});
	};

function plugin(folder: string): { readonly handler: Handler; readonly close: () => void } {
	const checked = checkConfig({ inbound: INBOUND });
	if (!checked.ok) throw new Error(checked.issues.map(({ message }) => message).join());
	const database = openStore(folder);
	const refusals = createRefusalStore(database);
	const check = createTokenCheck({ database, hookToken: () => HOOKS });
	const handler = createInboundRoute({
		folder,
		database,
		inbound: readSettings({ inbound: INBOUND }).inbound,
		gateway: () => ({ agents: [{ id: 'triage' }], channels: [], hooks: HOOKS }),
		gate: createTokenGate(check, createFailureLimit()),
		refusals,
		findSigner: () => undefined,
		findReceiver: () => undefined,
		wrapExternalContent: (text) => `<external>${text}</external>`,
		isSessionThere: () => undefined,
		logger: { info: () => undefined, warn: () => undefined, error: console.error },
	});
	const close = () => {
		refusals.close();
		database.close();
	};
	return { handler, close };
}

async function measure(variant: SenderVariant, count: number): Promise<SenderFigures> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-sender-'));
	const own = variant.startsWith('bare') ? undefined : plugin(folder);
	const nothing = isRefused(variant) ? bare(401, { Connection: 'close' }) : bare(202, {});
	const handler = own?.handler ?? nothing;
	const server = createServer((asked, response) => void handler(asked, response));
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	const run = async (from: number, calls: number) => {
		const before = process.threadCpuUsage();
		const worker = new Worker(process.argv[1] ?? '', {
			workerData: { variant, port, from, count: calls } satisfies Calls,
		});
		await new Promise((resolve, reject) => {
			worker.once('message', resolve).once('error', reject);
		});
		const { user, system } = process.threadCpuUsage(before);
		return (user + system) / calls;
	};
	await run(0, WARM_UP);
	const cpuMicroseconds = await run(WARM_UP, count);
	server.closeAllConnections();
	server.close();
	own?.close();
	rmSync(folder, { recursive: true, force: true });
	return { cpuMicroseconds };
}

if (isMainThread) {
	const [, , variant = 'github', count = '2000'] = process.argv;
	void measure(variant as SenderVariant, Number(count)).then((figures) => {
		console.log(JSON.stringify(figures));
	});
} else {
	void sendAll(workerData as Calls).then(() => parentPort?.postMessage('done'));
}
