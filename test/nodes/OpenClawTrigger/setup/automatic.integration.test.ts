import { endpointName } from '../../../../nodes/OpenClawTrigger/setup/endpoint';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { open as openWorkflow, TRIGGER, type TriggerSetup } from '../support/triggerHarness';

const gateway = useGatewayStandIn();

function open(parameters: TriggerSetup['parameters'] = {}) {
	const opened = openWorkflow({ parameters: { endpointSetup: 'automatic', ...parameters } });
	opened.credentials[opened.id] = { gatewayUrl: gateway.url, accessToken: 'ocw_test' };
	return opened.harness;
}

const unknown = {
	status: 404,
	body: { ok: false, error: { code: 'unknown-endpoint', message: 'There is none' } },
};

describe('a webhook that is registered by publishing', () => {
	test('is described with its filter, who made it, and where it leads', async () => {
		const filters = { agentIds: 'sales-*', channels: '={{ "slack" }}' };
		await open({ filters }).hook(TRIGGER, 'create');
		const [request] = gateway.requests;
		expect(request).toMatchObject({
			method: 'PUT',
			json: {
				kind: 'webhook',
				events: ['*'],
				filter: { agentIds: ['sales-*'] },
				allowPrivateHosts: true,
				registrant: expect.stringMatching(/^n8n:/) as string,
			},
		});
		expect(request?.json).not.toHaveProperty('timeoutMs');
		expect(request?.json).not.toHaveProperty('leaseSeconds');
	});

	test('gives a workflow that answers when it ends the time for it', async () => {
		await open({ options: { respond: 'lastNode' } }).hook(TRIGGER, 'create');
		expect(gateway.requests[0]?.json).toMatchObject({ timeoutMs: 600_000 });
	});

	test('lives by a lease while the editor listens', async () => {
		await open().hook(TRIGGER, 'create', 'manual', 'manual');
		expect(gateway.requests[0]?.path).toMatch(/-test$/);
		expect(gateway.requests[0]?.json).toMatchObject({ leaseSeconds: 180 });
	});

	describe('is looked after when n8n starts', () => {
		async function published() {
			const harness = open();
			await harness.hook(TRIGGER, 'create');
			gateway.clear();
			return harness;
		}

		test('and left alone where nothing has changed', async () => {
			const harness = await published();
			expect(await harness.hook(TRIGGER, 'checkExists', 'init')).toBe(true);
			expect(gateway.requests.map(({ method }) => method)).toEqual(['GET']);
		});

		test('and registered anew at another address of n8n', async () => {
			const harness = await published();
			harness.webhookBaseUrl = 'https://n8n.example/webhook';
			expect(await harness.hook(TRIGGER, 'checkExists', 'init')).toBe(false);
		});

		test('and registered anew where the gateway has lost it', async () => {
			const harness = await published();
			gateway.answerBy(() => unknown);
			expect(await harness.hook(TRIGGER, 'checkExists', 'init')).toBe(false);
		});

		test('and taken to be there while the gateway cannot be asked', async () => {
			const harness = await published();
			gateway.answerBy(() => ({ cut: 'before-response' as const }));
			expect(await harness.hook(TRIGGER, 'checkExists', 'init')).toBe(true);
		});

		test('and checked each time that somebody publishes', async () => {
			const harness = await published();
			expect(await harness.hook(TRIGGER, 'checkExists', 'activate')).toBe(false);
		});
	});

	test('is removed only where no other n8n with a copy of the database has it', async () => {
		const harness = open();
		await harness.hook(TRIGGER, 'create');
		const [registered] = gateway.requests;
		const { url } = registered?.json as { url: string };
		gateway.clear();
		await harness.hook(TRIGGER, 'delete');
		expect(gateway.requests[0]).toMatchObject({
			method: 'DELETE',
			path: `${registered?.path ?? ''}?url=${encodeURIComponent(url)}`,
		});
		const code = 'other-registrant';
		gateway.answerBy(() => ({ status: 409, body: { ok: false, error: { code, message: '' } } }));
		expect(await harness.hook(TRIGGER, 'delete')).toBe(true);
		expect(harness.logged).toEqual([]);
	});

	test('that cannot be removed is left with a line that works for a deleted workflow, too', async () => {
		const harness = open();
		await harness.hook(TRIGGER, 'create');
		gateway.answerBy(() => ({ status: 503, body: {} }));
		expect(await harness.hook(TRIGGER, 'delete')).toBe(true);
		const [line] = harness.logged;
		expect(line?.message).toContain('openclaw event-webhooks endpoints remove n8n-');
		expect(line?.message).not.toMatch(/publish/i);
	});
});

describe('the name of an endpoint', () => {
	const name = (nodeId: string, workflowId = 'w1') =>
		endpointName({
			getInstanceId: () => '1234567890abcdef',
			getWorkflow: () => ({ id: workflowId, name: '', active: true }),
			getNode: () => ({ id: nodeId }) as never,
			getMode: () => 'trigger',
		});

	test('has the whole ids, whatever they look like', () => {
		expect(name('openclaw-trigger-1')).toBe('n8n-12345678-w1-openclaw-trigger-1');
		const ids = ['openclaw-trigger-1', 'openclaw-trigger-2', 'a b', 'a_b', 'a_20b', '工单', '票据'];
		const names = ids.map((id) => name(id));
		expect(new Set(names).size).toBe(ids.length);
		for (const each of names) expect(each).toMatch(/^[\w-]+$/);
	});
});
