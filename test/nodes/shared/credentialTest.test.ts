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

const ACCESS = 'ocw_access';
const HOOK = 'the-hooks-token';
const HTML: Answer = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><html>' };
const UNAUTHORIZED: Answer = { status: 401, body: 'Unauthorized' };
const WRONG_SCOPE: Answer = {
	status: 403,
	body: { ok: false, error: { code: 'wrong-scope', message: 'The token is not for this' } },
};
const DIRECTORY: Answer = { body: { ok: true, endpoints: [], agents: [] } };
const ENDPOINTS: Answer = { body: { ok: true, endpoints: [] } };

const gateway = useGatewayStandIn();

async function test_(fields: ICredentialDataDecryptedObject): Promise<INodeCredentialTestResult> {
	const context = new CredentialTestContext({} as IWorkflowExecuteAdditionalData);
	const data = { gatewayUrl: gateway.url, ...fields };
	return await testOpenClawApi.call(context, { id: '', name: '', type: 'openClawApi', data });
}

/** Answers as OpenClaw 2026.9.6 does, with or without the plugin. */
function answerAsGateway({ directory = DIRECTORY, endpoints = ENDPOINTS } = {}): void {
	gateway.answerBy(({ method, path, headers, json }) => {
		const isAccess = headers.authorization === `Bearer ${ACCESS}`;
		const isHook = headers.authorization === `Bearer ${HOOK}`;
		if (method === 'GET' && path === '/webhooks/inbound') {
			return isAccess || isHook || directory === HTML ? directory : UNAUTHORIZED;
		}
		if (method === 'GET' && path === '/plugins/event-webhooks/api/endpoints') {
			return isAccess || endpoints === HTML ? endpoints : UNAUTHORIZED;
		}
		if (method !== 'POST' || path !== '/hooks/wake') return { status: 404, body: 'Not Found' };
		if (!isHook) return UNAUTHORIZED;
		expect(json).toEqual({});
		return { status: 400, body: { ok: false, error: 'text required' } };
	});
}

const STOCK = { directory: HTML, endpoints: HTML };

test('tells what an access token is good for, and what is missing for the rest', async () => {
	answerAsGateway();
	expect(await test_({ accessToken: ACCESS })).toEqual({
		status: 'OK',
		message:
			"Events: the access token works. Messages: the access token works. Wake Agent: needs 'Hook Token'.",
	});
	expect(gateway.requests).toHaveLength(2);
});

test('is content with both tokens', async () => {
	answerAsGateway();
	expect(await test_({ accessToken: ACCESS, hookToken: HOOK })).toEqual({
		status: 'OK',
		message:
			'Events: the access token works. Messages: the access token works. Wake Agent: the hook token works.',
	});
});

test('says that a stock gateway has no plugin, but works', async () => {
	answerAsGateway(STOCK);
	const { status, message } = await test_({ hookToken: HOOK });
	expect(status).toBe('OK');
	expect(message).toContain("Events: needs 'Access Token'");
	expect(message).toContain('The plugin event-webhooks is not installed there');
	expect(message).toContain('Wake Agent: the hook token works.');
});

test('says that the hook token reaches the plugin as well', async () => {
	answerAsGateway();
	const { status, message } = await test_({ hookToken: HOOK, signingSecret: 'whsec_abc' });
	expect(status).toBe('OK');
	expect(message).toContain('Events: the signing secret is usable for manual setup.');
	expect(message).toContain('Messages: the hook token works, with the plugin as well.');
});

test('says what a token of one scope is not for', async () => {
	answerAsGateway({ endpoints: WRONG_SCOPE });
	const { status, message } = await test_({ accessToken: ACCESS });
	expect(status).toBe('OK');
	expect(message).toContain('Events: the access token is not for registering endpoints');
	expect(message).toContain('Messages: the access token works.');
	answerAsGateway({ directory: WRONG_SCOPE });
	expect((await test_({ accessToken: ACCESS })).message).toContain(
		"Messages: the access token lacks the scope 'inbound'",
	);
});

test.each([
	[{ accessToken: 'ocw_wrong' }, 'The gateway did not accept the access token'],
	[{ hookToken: 'wrong' }, 'The gateway did not accept the hook token'],
	// One that works does not hide the other.
	[{ accessToken: ACCESS, hookToken: 'wrong' }, 'The gateway did not accept the hook token'],
	[{ accessToken: 'ocw_wrong', hookToken: HOOK }, 'The gateway did not accept the access token'],
])('says which token was refused: %j', async (tokens, message) => {
	answerAsGateway();
	const result = await test_(tokens);
	expect(result.status).toBe('Error');
	expect(result.message).toContain(message);
	for (const token of Object.values(tokens)) expect(result.message).not.toContain(token);
});

test('still says what works beside a token that was refused', async () => {
	answerAsGateway();
	const { message } = await test_({ accessToken: ACCESS, hookToken: 'wrong' });
	expect(message).toContain('Messages: the access token works.');
});

test('says that an access token is of no use without the plugin', async () => {
	answerAsGateway(STOCK);
	const result = await test_({ accessToken: ACCESS });
	expect(result.status).toBe('Error');
	expect(result.message).toContain('The plugin event-webhooks does not answer at');
	expect(result.message).toContain("takes its own token, as 'Hook Token'");
});

test('says that hooks are off', async () => {
	gateway.answerBy(() => ({ status: 404, body: 'Not Found' }));
	const result = await test_({ hookToken: HOOK });
	expect(result.status).toBe('Error');
	expect(result.message).toContain('The gateway has no hooks under /hooks');
});

test('says that something else answers there', async () => {
	gateway.answerBy(() => HTML);
	const result = await test_({ hookToken: HOOK });
	expect(result.status).toBe('Error');
	expect(result.message).toContain('is not an OpenClaw gateway');
});

test.each([{ accessToken: ACCESS }, { hookToken: HOOK }])(
	'says that the gateway cannot be reached: %j',
	async (tokens) => {
		const [port = 0] = await freePorts(1);
		const gatewayUrl = `http://127.0.0.1:${String(port)}`;
		const result = await test_({ gatewayUrl, ...tokens });
		expect(result.status).toBe('Error');
		expect(result.message).toContain(`The gateway could not be reached at ${gatewayUrl}`);
	},
);

test('does not follow a redirect with a token', async () => {
	gateway.answerBy(({ path }) =>
		path === '/elsewhere' ? {} : { status: 307, headers: { location: '/elsewhere' } },
	);
	const result = await test_({ accessToken: ACCESS });
	expect(result.message).toContain('leads elsewhere (HTTP 307)');
	expect(gateway.requests.some(({ path }) => path === '/elsewhere')).toBe(false);
});

test('is content with a secret alone, and asks nobody', async () => {
	const result = await test_({ signingSecret: 'whsec_abc' });
	expect(result.status).toBe('OK');
	expect(result.message).toContain('Events: the signing secret is usable for manual setup.');
	expect(result.message).toContain("Messages: needs 'Access Token'");
	expect(gateway.requests).toHaveLength(0);
});

test.each([
	[{ accessToken: ' ', hookToken: '', signingSecret: ' ' }, "and 'Signing Secret' are empty"],
	[{ gatewayUrl: 'gateway', hookToken: HOOK }, "'Gateway URL' in the credential is not a web"],
	[{ accessToken: 'two words' }, "'Access Token' in the credential contains blanks"],
	[{ hookToken: 'ocw_a' }, "'Hook Token' in the credential holds a token of the plugin"],
	[{ signingSecret: '"whsec_abc"' }, "'Signing Secret' has quotation marks"],
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
		['whsec_!!!!', 'not Base64'],
		['whsec_b2xk b2xk', 'a blank inside'],
	])('says what is wrong with %j, without repeating it', (secret, word) => {
		const reason = checkSigningSecret(secret);
		expect(reason?.message).toContain(word);
		// At most the beginning that all secrets have.
		expect(reason?.message).not.toMatch(/whsec_(?!')/);
		expect(reason?.message).not.toContain(secret);
	});
});
