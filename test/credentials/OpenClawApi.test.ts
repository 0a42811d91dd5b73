import type { IHttpRequestOptions } from 'n8n-workflow';

import { OpenClawApi } from '../../credentials/OpenClawApi.credentials';

const credential = new OpenClawApi();

async function authenticate(
	data: Record<string, string>,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	if (typeof credential.authenticate !== 'function') throw new Error('authenticate is a rule');
	return await credential.authenticate(data, options);
}

test('has the fields that saved credentials rely on, none of them required', () => {
	const fields = credential.properties.map(({ name, default: value }) => [name, value]);
	expect(fields).toEqual([
		['gatewayUrl', 'http://127.0.0.1:18789'],
		['accessToken', ''],
		['hookToken', ''],
		['signingSecret', ''],
		['inboundPath', '/webhooks/inbound'],
		['hooksPath', '/hooks'],
		['ignoreSslIssues', false],
	]);
	expect(credential.properties.some(({ required }) => required === true)).toBe(false);
});

test('masks the tokens and the secret', () => {
	const masked = credential.properties.filter(({ typeOptions }) => typeOptions?.password === true);
	expect(masked.map(({ name }) => name)).toEqual(['accessToken', 'hookToken', 'signingSecret']);
});

test('sends the token as a bearer token and keeps other headers', async () => {
	const options = { url: 'http://gateway', headers: { Accept: 'application/json' } };
	expect(await authenticate({ accessToken: ' secret ' }, options)).toEqual({
		url: 'http://gateway',
		headers: { Accept: 'application/json', Authorization: 'Bearer secret' },
	});
});

test('sends the hook token where there is no other', async () => {
	const tokens = { accessToken: ' ', hookToken: ' of-the-gateway ' };
	expect(await authenticate(tokens, { url: 'http://gateway' })).toMatchObject({
		headers: { Authorization: 'Bearer of-the-gateway' },
	});
});

test('sends no header when there is no token', async () => {
	const options = { url: 'http://gateway' };
	expect(await authenticate({ accessToken: ' ' }, options)).toEqual(options);
	expect(await authenticate({}, options)).toEqual(options);
});
