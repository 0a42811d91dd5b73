import type { ILoadOptionsFunctions, INodeParameters } from 'n8n-workflow';
import { getGatewayConfig } from '../../../../nodes/OpenClawTrigger/setup/manual';
import { PROPERTIES } from '../../../../nodes/OpenClawTrigger/description/properties';
import { parseConfig } from '../../../../protocol';

const PARAMETERS = ['showGatewayConfig', 'webhookId', 'gatewayConfig'];
const WEBHOOK_ID = '12345678-9abc-4def-8123-456789abcdef';

async function notice(parameters: INodeParameters, webhookBaseUrl?: string): Promise<string> {
	const all: INodeParameters = { webhookId: WEBHOOK_ID, filters: {}, ...parameters };
	const context = {
		getCurrentNodeParameter: (name: string) => all[name],
		getInstanceBaseUrl: () => 'https://n8n.example/',
		additionalData: { webhookBaseUrl },
	} as unknown as ILoadOptionsFunctions;
	const { fields, emptyFieldsNotice = '' } = await getGatewayConfig.call(context);
	expect(fields).toEqual([]);
	return emptyFieldsNotice;
}

/** What a browser shows and copies of the block. */
function read(html: string): string {
	return (/.*<code>(.*)<\/code>/.exec(html)?.[1] ?? '')
		.replaceAll('<br>', '\n')
		.replaceAll('<wbr>', '')
		.replaceAll('&nbsp;', ' ')
		.replaceAll('&lt;', '<')
		.replaceAll('&gt;', '>')
		.replaceAll('&amp;', '&');
}

async function endpoint(parameters: INodeParameters, webhookBaseUrl?: string): Promise<unknown> {
	const parsed = parseConfig(read(await notice(parameters, webhookBaseUrl)));
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
	expect(parsed.config.endpoints).toHaveLength(1);
	return parsed.config.endpoints[0];
}

describe('the gateway configuration', () => {
	test('has the URL, the events and the filter of the node', async () => {
		const filters = { agentIds: 'main, ops', userIds: ['7', '<x"y&>'], channels: '' };
		const events = ['message.sent', 'error.occurred'];
		expect(await endpoint({ events, filters }, 'https://hooks.example/webhook')).toEqual({
			name: `n8n-${WEBHOOK_ID}`,
			url: `https://hooks.example/webhook/${WEBHOOK_ID}/webhook`,
			secret: 'YOUR-SIGNING-SECRET',
			events,
			filter: { agentIds: ['main', 'ops'], userIds: ['7', '<x"y&>'] },
		});
	});

	test('asks for all events once, and has every list', async () => {
		const filters = { agentIds: 'sales-*', agentList: ['main'], toolNames: '!read' };
		const events = ['*', 'message.sent', 'endpoint.failing'];
		expect(await endpoint({ events, filters })).toMatchObject({
			events: ['*', 'endpoint.failing'],
			filter: { agentIds: ['sales-*', 'main'], toolNames: ['!read'] },
		});
	});

	test('leaves to the node what an expression makes at the time of the event', async () => {
		const filters = { agentIds: '={{ "now" }}', agentList: ['main'], channels: 'slack' };
		expect(await endpoint({ events: '={{ ["message.sent"] }}', filters })).toMatchObject({
			events: ['*'],
			filter: { channels: ['slack'] },
		});
	});

	test('gives a workflow that answers when it ends as long as the gateway can wait', async () => {
		const options = { respond: 'lastNode' };
		expect(await endpoint({ events: ['*'], options })).toHaveProperty('timeoutMs', 600_000);
	});

	test('is shown as one line to paste into a shell, too', async () => {
		const filters = { userIds: ["it's", 'a b'] };
		const html = await notice({ events: ['message.sent', 'error.occurred'], filters });
		const [line = ''] = /<code>(.*?)<\/code>/.exec(html)?.slice(1) ?? [];
		expect(read(`<code>${line}</code>`)).toBe(
			[
				`openclaw event-webhooks endpoints add n8n-${WEBHOOK_ID}`,
				`--url https://n8n.example/webhook/${WEBHOOK_ID}/webhook`,
				'--events message.sent,error.occurred',
				`--user 'it'\\''s,a b'`,
			].join(' '),
		);
	});

	test('falls back to the address of the editor', async () => {
		expect(await endpoint({ events: ['*'] })).toMatchObject({
			url: `https://n8n.example/webhook/${WEBHOOK_ID}/webhook`,
		});
	});

	test.each(['http://127.0.0.1:5678', 'http://localhost', 'http://n8n:5678', 'http://172.20.0.2'])(
		'allows the private host of %s',
		async (address) => {
			const found = await endpoint({ events: ['*'] }, `${address}/webhook`);
			expect(found).toHaveProperty('allowPrivateHosts', true);
		},
	);

	test.each(['https://n8n.example.com', 'http://172.32.0.2', 'http://100.20.30.40'])(
		'allows no private host for %s',
		async (address) => {
			const found = await endpoint({ events: ['*'] }, `${address}/webhook`);
			expect(found).not.toHaveProperty('allowPrivateHosts');
		},
	);

	test.each<[INodeParameters, string]>([
		[{ events: [] }, 'Trigger On'],
		[{ events: ['no.such.event'] }, 'Trigger On'],
		[{ events: ['*'], webhookId: '' }, 'Save the workflow'],
	])('says what is missing for %j', async (parameters, reason) => {
		expect(await notice(parameters)).toContain(reason);
	});

	test('is not there unless asked for, since an expression slows requests down', () => {
		const [show, ...others] = PROPERTIES.filter(({ name }) => PARAMETERS.includes(name));
		expect(show?.default).toBe(false);
		for (const { displayOptions } of others) {
			expect(displayOptions?.show).toMatchObject({ showGatewayConfig: [true] });
		}
	});
});
