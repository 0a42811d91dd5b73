import { CredentialTestContext } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	INodeCredentialTestResult,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { checkSigningSecret, testOpenClawApi } from '../../../nodes/shared/credentialTest';
import type { Answer } from '../../../testbed/httpSink';
import { freePorts } from '../../../testbed/ports';
import { useGatewayStandIn } from '../support/gatewayStandIn';

const TOKEN = 'the-hooks-token';
const HTML: Answer = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><html>' };
const UNAUTHORIZED: Answer = { status: 401, body: 'Unauthorized' };

const gateway = useGatewayStandIn();

async function test_(fields: ICredentialDataDecryptedObject): Promise<INodeCredentialTestResult> {
	const context = new CredentialTestContext({} as IWorkflowExecuteAdditionalData);
	const data = { gatewayUrl: gateway.url, accessToken: TOKEN, signingSecret: '', ...fields };
	return await testOpenClawApi.call(context, { id: '', name: '', type: 'openClawApi', data });
}

/** Answers as OpenClaw 2026.9.6 does, with or without the plugin's directory. */
function answerAsGateway(directory: Answer): void {
	gateway.answerBy(({ method, path, headers, json }) => {
		if (method === 'GET' && path === '/webhooks/inbound') return directory;
		if (method !== 'POST' || path !== '/hooks/wake') return { status: 404, body: 'Not Found' };
		if (headers.authorization !== `Bearer ${TOKEN}`) return UNAUTHORIZED;
		expect(json).toEqual({});
		return { status: 400, body: { ok: false, error: 'text required' } };
	});
}

test('is content with a gateway that has the plugin', async () => {
	answerAsGateway({ body: { ok: true, endpoints: [], agents: [] } });
	const result = await test_({});
	expect(result.status).toBe('OK');
	expect(result.message).toContain('its plugin event-webhooks accepted the access token');
	expect(gateway.requests).toHaveLength(1);
	expect(gateway.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
});

test('says that a stock gateway has no plugin, but works', async () => {
	answerAsGateway(HTML);
	const result = await test_({});
	expect(result.status).toBe('OK');
	expect(result.message).toContain('The plugin event-webhooks is not installed there');
});

test('says that the plugin wants another token than the hooks', async () => {
	answerAsGateway({ status: 401, body: { ok: false } });
	const result = await test_({});
	expect(result.status).toBe('OK');
	expect(result.message).toContain('Inbound Endpoint will not work');
});

test('says that the token was refused', async () => {
	answerAsGateway(HTML);
	const result = await test_({ accessToken: 'wrong' });
	expect(result.status).toBe('Error');
	expect(result.message).toContain('The gateway did not accept the access token');
});

test('says that hooks are off', async () => {
	gateway.answerBy(() => ({ status: 404, body: 'Not Found' }));
	const result = await test_({});
	expect(result.status).toBe('Error');
	expect(result.message).toContain('The gateway has no hooks under /hooks');
});

test('says that something else answers there', async () => {
	gateway.answerBy(() => HTML);
	const result = await test_({});
	expect(result.status).toBe('Error');
	expect(result.message).toContain('is not an OpenClaw gateway');
});

test('says that the gateway cannot be reached', async () => {
	const [port = 0] = await freePorts(1);
	const result = await test_({ gatewayUrl: `http://127.0.0.1:${String(port)}` });
	expect(result.status).toBe('Error');
	expect(result.message).toContain('The gateway could not be reached');
});

test('does not follow a redirect with the token', async () => {
	gateway.answerBy(({ path }) =>
		path === '/elsewhere' ? {} : { status: 307, headers: { location: '/elsewhere' } },
	);
	const result = await test_({});
	expect(result.message).toContain('leads elsewhere (HTTP 307)');
	expect(gateway.requests.some(({ path }) => path === '/elsewhere')).toBe(false);
});

test('is content with a secret alone, and asks nobody', async () => {
	const result = await test_({ accessToken: '', signingSecret: 'whsec_abc' });
	expect(result.status).toBe('OK');
	expect(result.message).toContain('OpenClaw Inbound will not work');
	expect(gateway.requests).toHaveLength(0);
});

test.each([
	[{ accessToken: ' ', signingSecret: ' ' }, "Both 'Access Token' and 'Signing Secret' are empty"],
	[{ gatewayUrl: 'gateway' }, "'Gateway URL' in the credential is not a web address"],
	[{ accessToken: 'two words' }, "'Access Token' in the credential contains blanks"],
	[{ accessToken: '', signingSecret: '"whsec_abc"' }, "'Signing Secret' has quotation marks"],
])('says what to change in %j', async (fields, message) => {
	const result = await test_(fields);
	expect(result.status).toBe('Error');
	expect(result.message).toContain(message);
	expect(gateway.requests).toHaveLength(0);
});

describe('a signing secret', () => {
	test.each([undefined, '', '  ', 'whsec_abc', 'whsec_old whsec_new', 'any words, too', 'a,b'])(
		'lets %j pass',
		(secret) => {
			expect(checkSigningSecret(secret)).toBeUndefined();
		},
	);

	test.each([
		['${N8N_SECRET}', 'placeholder'],
		['whsec_a ${OTHER}', 'placeholder'],
		['{{ $vars.secret }}', 'placeholder'],
		['"whsec_abc"', 'quotation marks'],
		["whsec_abc'", 'quotation marks'],
		['whsec_a,whsec_b', 'commas'],
		['whsec_a, whsec_b', 'commas'],
	])('says what is wrong with %j, without repeating it', (secret, word) => {
		const reason = checkSigningSecret(secret);
		expect(reason?.message).toContain(word);
		expect(reason?.message).not.toContain('whsec_');
	});
});
