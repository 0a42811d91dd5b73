import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyEvent } from '../../protocol';
import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { askDashboard } from './support/dashboard';
import { itSince2026_9_2 } from './support/openclawVersion';
import { startPluginGateway } from './support/pluginGateway';
import { takeEventFaults } from './support/receivedEvents';
import { createToken } from './support/tokens';

const SECRET = 'whsec_secret-behind-a-reference';
const TURNS = 4;
/** Agents have a session for each, so that one need not wait for another. */
const INBOUND = {
	steady: { agentId: 'alert-handler', template: '{{body.text}}' },
};

let model: ScriptedModel & { stop(): Promise<void> };
let first: HttpSink;
let second: HttpSink;
let gateway: Gateway;

function endpoint(name: string, url: string): JsonObject {
	return {
		name,
		url,
		secret: { source: 'env', provider: 'default', id: 'WEBHOOK_SECRET' },
		events: ['message.sent'],
		allowPrivateHosts: true,
	};
}

async function takeTurn(text: string): Promise<void> {
	const { status } = await askAgent(gateway.url, { text: `[[reply:${text}]]` });
	if (status !== 200) throw new Error(`The turn failed with ${String(status)}`);
}

/** Applies other endpoints and waits for what the gateway writes about them. */
async function apply(endpoints: readonly JsonObject[], pattern: RegExp): Promise<void> {
	const { length } = await gateway.log();
	await gateway.configurePlugin({ endpoints, inbound: { endpoints: INBOUND } });
	await gateway.waitForLog(pattern, length);
}

/** Posts to an inbound endpoint and waits for the agent's reply. */
async function ask(name: string, text: string): Promise<unknown> {
	const response = await fetch(`${gateway.url}/webhooks/inbound/${name}?wait=60`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${GATEWAY_TOKENS.hooks}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify({ text }),
	});
	return await response.json();
}

function contents(sink: HttpSink): readonly string[] {
	return sink.requests.map(({ json }) => textAt(json, 'data', 'message', 'content'));
}

beforeAll(async () => {
	[model, first, second] = await Promise.all([
		startScriptedModel(),
		startHttpSink(),
		startHttpSink(),
	]);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		env: { WEBHOOK_SECRET: SECRET },
		webhooks: {
			endpoints: [endpoint('first', first.url)],
			inbound: { endpoints: INBOUND },
		},
	});
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([model.stop(), first.stop(), second.stop()]);
});

it('a secret reference of the gateway signs', async () => {
	await takeTurn('signed');
	const { headers, body } = await first.waitForRequest(() => true);
	expect(verifyEvent({ headers, body, secret: SECRET }).ok).toBe(true);
	first.clear();
});

it('settings change while events wait, and none is lost', async () => {
	const names = [...Array(TURNS).keys()].map((turn) => `reply ${String(turn)}`);
	first.answerBy(() => ({ status: 503 }));
	for (const name of names) await takeTurn(name);
	await first.waitForRequest(() => true);

	const { length } = await gateway.log();
	await gateway.configurePlugin({
		endpoints: [endpoint('first', first.url), endpoint('second', second.url)],
		inbound: { endpoints: INBOUND },
	});
	await gateway.waitForLog(/endpoints: first, second/, length);
	first.clear();
	await takeTurn('the last');

	for (const name of [...names, 'the last']) {
		await first.waitForRequest(({ json }) => textAt(json, 'data', 'message', 'content') === name, {
			timeoutMs: 120_000,
		});
	}
	await second.waitForRequest(({ json }) => JSON.stringify(json).includes('the last'));
	expect(contents(second)).toEqual(['the last']);
});

it('a mistake in a reload stops the one endpoint it is in, and is mended by the next one', async () => {
	const mistaken = { ...endpoint('second', second.url), retry: { maxAttempt: 3 } };
	await apply([endpoint('first', first.url), mistaken], /\.maxAttempt' is not a known key\. Did/);
	first.clear();
	second.clear();
	await takeTurn('after the mistake');
	await first.waitForRequest(({ json }) => JSON.stringify(json).includes('after the mistake'));
	expect(second.requests).toEqual([]);

	await apply(
		[endpoint('first', first.url), endpoint('second', second.url)],
		/endpoints: first, second/,
	);
	await takeTurn('after the repair');
	await second.waitForRequest(({ json }) => JSON.stringify(json).includes('after the repair'));
});

it('what endpoints are not to see is in no request, and nowhere at the gateway', async () => {
	await apply(
		[
			{ ...endpoint('first', first.url), privacy: { omit: ['data.message.content'] } },
			{
				...endpoint('second', second.url),
				privacy: { redact: ['data.message'], dropBodiesAfterDelivery: true },
			},
		],
		/endpoints: first, second/,
	);
	first.clear();
	second.clear();
	const marker = `confidential-${randomBytes(8).toString('hex')}`;
	await takeTurn(marker);
	const [omitted, redacted] = await Promise.all(
		[first, second].map(async (sink) => await sink.waitForRequest(() => true)),
	);
	expect(at(omitted?.json, 'data', 'message')).toMatchObject({ role: 'assistant' });
	expect(at(redacted?.json, 'data', 'message')).toBe('[redacted]');

	const token = createToken(gateway, { scopes: ['events', 'endpoints'] });
	const api = async (path: string, body?: JsonObject) => {
		const response = await fetch(`${gateway.url}/plugins/event-webhooks/api/deliveries${path}`, {
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
			...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
		});
		return await response.text();
	};
	const event = textAt(omitted?.json, 'id');
	const shown = async () => await api(`/${event}`);
	await waitFor('both deliveries', async () => (await shown()).includes('"isBodyKept":false'));
	const deliveries = listAt(tryParseJson(await shown()), 'deliveries');
	const details = await Promise.all(
		deliveries.map(async (one) => await askDashboard(gateway, `deliveries/${textAt(one, 'id')}`)),
	);
	expect(details).toHaveLength(2);
	const ofDashboard = [...details, await askDashboard(gateway, 'state')];
	for (const text of ofDashboard) expect(text).toContain(event);
	expect(await askDashboard(gateway, `state?text=${marker}`)).toContain('"deliveries":[]');
	const texts = [
		...ofDashboard,
		...[omitted, redacted].map((request) => request?.body.toString() ?? ''),
		await shown(),
		await api(''),
		await api('/export'),
		await gateway.openclaw(['event-webhooks', 'export']),
		// The gateway's own lines are another matter: it tells of its agents' replies.
		(await gateway.log()).replaceAll(/^(?!.*event-webhooks).*\n/gm, ''),
	];
	expect(texts.map((text) => text.includes(marker))).toEqual(texts.map(() => false));
	expect(await shown()).toContain(event);
	expect(await api(`?text=${marker}`)).toContain('"deliveries":[]');
	const dropped = deliveries.find((delivery) => textAt(delivery, 'endpoint') === 'second');
	const replayed = await api('/replay', { deliveryIds: [textAt(dropped, 'id')] });
	expect(replayed).toContain('body-not-kept');

	const filesWith = (text: string) => {
		const folder = join(gateway.folder, 'state', 'event-webhooks');
		return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
	};
	expect(filesWith(event)).not.toEqual([]);
	expect(filesWith(marker)).toEqual([]);
	await gateway.stop();
	expect(filesWith(marker)).toEqual([]);
	const faults = takeEventFaults();
	expect(faults.filter((fault) => !/\.data\.message: should (?:have|be)/.test(fault))).toEqual([]);
	expect(faults).not.toEqual([]);
	await gateway.start();
});

itSince2026_9_2('settings are applied while an agent is at work, whose run goes on', async () => {
	let hasAnswered = false;
	const asked = ask('steady', 'at work [[slow:20000]][[reply:done at last]]').finally(() => {
		hasAnswered = true;
	});
	await model.waitForRequest(({ message }) => message.includes('at work'));

	const { length } = await gateway.log();
	await gateway.configurePlugin({
		endpoints: [endpoint('third', second.url)],
		inbound: { endpoints: { ...INBOUND, added: INBOUND.steady } },
	});
	await gateway.waitForLog(/endpoints: third/, length);
	expect(await ask('added', '[[reply:from the new endpoint]]')).toMatchObject({
		reply: { text: 'from the new endpoint' },
	});
	expect(hasAnswered).toBe(false);
	expect(await asked).toMatchObject({ ok: true, reply: { text: 'done at last' } });
	const turns = (await model.requests()).filter(({ message }) => message.includes('at work'));
	expect(turns).toHaveLength(1);
	await second.waitForRequest(({ json }) => JSON.stringify(json).includes('done at last'));
	expect((await gateway.log()).slice(length)).not.toContain('retained work');
});
