import { askAgent } from '../../testbed/askAgent';
import type { ExampleName } from '../../testbed/exampleWorkflow';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { dataTableRows } from '../../testbed/n8n/dataTable';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp } from '../../testbed/n8n/workflow';
import { freePorts } from '../../testbed/ports';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { sealNetwork, type SealedNetwork } from '../../testbed/sealedNetwork';
import { credentialData } from '../../testbed/stack';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import { publishExample, type PublishedExample } from '../examples/publishedExample';
import { environment } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { createToken } from './support/tokens';

/*
 * The gateway is in a network of its own, from which it can open connections to its model and to Telegram, and to
 * nobody else. n8n can open connections to the gateway.
 */

const { n8n } = environment();
const AGENT = 'support-bot';

let network: SealedNetwork | undefined;
let model: ScriptedModel & { stop(): Promise<void> };
let telegram: TelegramStandIn;
let outside: HttpSink;
let gateway: Gateway;
let accessToken: string;
let example: PublishedExample | undefined;

beforeAll(async () => {
	const { node } = await ensureRuntimes(silentProgress, { n8n: false, openclaw: false });
	const sealed = await sealNetwork(node);
	if (typeof sealed === 'string') {
		console.warn(`The gateway shares a network with n8n, and is not told its address: ${sealed}`);
	} else {
		network = sealed;
	}
	[model, telegram, outside] = await Promise.all([
		startScriptedModel(),
		startTelegramStandIn(),
		startHttpSink(),
	]);
	const config = { ...telegram.config(AGENT), session: { dmScope: 'per-channel-peer' } };
	const [port = 0] = await freePorts(1);
	await network?.letIn(port);
	for (const url of [model.url, telegram.url]) await network?.letOut(Number(new URL(url).port));
	gateway = await startPluginGateway({
		modelUrl: model.url,
		config,
		webhooks: {},
		port,
		...(network === undefined ? {} : { node: network.node }),
	});
	accessToken = createToken(gateway);
});

afterEach(async () => {
	await example?.remove();
	example = undefined;
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([model.stop(), telegram.stop(), outside.stop()]);
	await network?.remove();
});

async function publish(name: ExampleName): Promise<PublishedExample> {
	const systems = { gatewayUrl: gateway.url, outside, accessToken, agentIds: AGENT };
	return (example = await publishExample(n8n, name, systems));
}

it('cannot open a connection to n8n', async () => {
	if (network === undefined) return;
	expect(await network.isReachable(Number(new URL(n8n.url).port))).toBe(false);
	expect(await network.isReachable(Number(new URL(model.url).port))).toBe(true);
});

it('has its events run by n8n', async () => {
	const data = credentialData(gateway.url, { accessToken });
	const credential = await n8n.createCredential(CREDENTIAL_TYPE, data);
	const trigger = triggerNode(credential, {
		events: ['tool.called'],
		endpointSetup: 'connection',
	});
	const workflow = await n8n.createWorkflow({
		name: 'First event',
		nodes: [trigger, noOp('After')],
		connections: chain(trigger.name, 'After'),
	});
	await n8n.publish(workflow);
	await askAgent(gateway.url, { text: 'Look around [[tool]]' });
	const [execution] = await n8n.waitForExecutions(workflow, 1);
	expect(execution).toMatchObject({ status: 'success' });
	expect(execution?.json('After')[0]).toMatchObject({ type: 'tool.called' });
	await n8n.deleteWorkflow(workflow);
});

it('has a ticket opened for somebody who writes for the first time', async () => {
	outside.answerBy(() => ({ body: { id: 1042 } }));
	const { workflow } = await publish('ticket-round-trip');
	telegram.write('My printer is on fire', { userId: 9100 });
	const [execution] = await n8n.waitForExecutions(workflow, 1);
	expect(execution).toMatchObject({ status: 'success', errorMessage: '' });
	expect(outside.requests).toMatchObject([{ path: '/api/tickets', json: { requester: '9100' } }]);
	await telegram.waitForSent(({ chatId, text }) => chatId === '9100' && text !== '');
});

it('has its messages and replies logged', async () => {
	const { workflow } = await publish('audit-log');
	telegram.write('Where is it? [[reply:On its way]]', { userId: 9101 });
	const rows = await waitFor('both rows', async () => {
		const [execution] = await n8n.waitForExecutions(workflow, 2);
		const all = await dataTableRows(n8n, execution?.json('Open the Log Table')[0]);
		const own = all.filter(
			(row) => textAt(row, 'session').includes('9101') || textAt(row, 'user') === '9101',
		);
		return own.length >= 2 && own;
	});
	expect(rows.map((row) => textAt(row, 'text')).sort()).toEqual([
		'On its way',
		'Where is it? [[reply:On its way]]',
	]);
});
