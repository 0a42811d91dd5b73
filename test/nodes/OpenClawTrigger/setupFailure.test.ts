import { describeSetupFailure } from '../../../nodes/OpenClawTrigger/setupFailure';
import type { GatewayConnection } from '../../../nodes/shared/gatewayConnection';
import { unreachableFromGateway } from '../../../nodes/shared/gatewayConnection';
import type { GatewayOutcome } from '../../../nodes/shared/gatewayRequest';

function connection(baseUrl = 'http://127.0.0.1:18789'): GatewayConnection {
	return {
		baseUrl,
		inboundPath: '/webhooks/inbound',
		hooksPath: '/hooks',
		ignoreSslIssues: false,
		credential: { accessToken: 'ocw_secret' },
	};
}

const answer = (status: number, body: unknown): GatewayOutcome => ({
	kind: 'answer',
	status,
	headers: {},
	body,
});
const error = (code: string, message = 'because ocw_secret') => ({
	ok: false,
	error: { code, message },
});

test.each([
	[
		{ kind: 'fault', reason: 'refused', code: 'ECONNREFUSED' } as const,
		/could not be reached.*publish again/s,
	],
	[answer(403, error('wrong-scope')), /may not register webhooks.*token create --name n8n/s],
	[answer(401, error('unauthorized')), /did not accept the access token.*token create/s],
	[answer(400, error('private-host')), /does not send to n8n's address.*WEBHOOK_URL/s],
	[answer(409, error('set-in-configuration')), /did not register the webhook.*because/s],
	[answer(503, error('not-stored')), /could not register the webhook now \(HTTP 503\)/],
	[answer(404, 'Not Found'), /event-webhooks does not answer.*plugins install/s],
	[answer(200, '<!doctype html>'), /event-webhooks does not answer/],
])('says what to do: %#', (outcome, pattern) => {
	const { message, description } = describeSetupFailure(outcome, connection());
	const text = `${message} ${description}`;
	expect(text).toMatch(pattern);
	expect(text).not.toContain('ocw_secret');
});

test.each([
	[
		'http://localhost:5678/webhook/x',
		'http://gateway.example:18789',
		/cannot reach n8n at localhost/,
	],
	['http://127.0.0.1:5678/webhook/x', 'http://openclaw:18789', /cannot reach n8n/],
	['', 'http://openclaw:18789', /does not know the address/],
])('finds that %s cannot be reached from %s', (url, gateway, pattern) => {
	expect(unreachableFromGateway(url, connection(gateway))?.message).toMatch(pattern);
});

test.each([
	['http://localhost:5678/webhook/x', 'http://127.0.0.1:18789'],
	['https://n8n.example/webhook/x', 'http://openclaw:18789'],
])('lets %s pass for %s', (url, gateway) => {
	expect(unreachableFromGateway(url, connection(gateway))).toBeUndefined();
});
