import {
	acceptedBody,
	describeFailure,
	isRetryable,
	type RequestTarget,
} from '../../../nodes/shared/gatewayErrors';
import type { FaultReason, GatewayOutcome } from '../../../nodes/shared/gatewayRequest';

const TOKEN = 'secret-token';
const connection = {
	baseUrl: 'http://gateway:18789',
	inboundPath: '/webhooks/inbound',
	hooksPath: '/hooks',
	ignoreSslIssues: false,
	credential: { accessToken: TOKEN },
};
const agent: RequestTarget = { kind: 'agent', agentId: 'ops' };
const endpoint: RequestTarget = { kind: 'endpoint', name: 'alert' };

function answer(status: number, body: unknown = ''): GatewayOutcome {
	return { kind: 'answer', status, headers: {}, body };
}

function fault(reason: FaultReason, code?: string): GatewayOutcome {
	return { kind: 'fault', reason, code };
}

function messageOf(outcome: GatewayOutcome, target: RequestTarget = agent): string {
	return describeFailure(outcome, target, connection).message;
}

describe('acceptedBody', () => {
	test('takes the ok of a gateway', () => {
		expect(acceptedBody(answer(200, { ok: true, runId: 'r' }))).toEqual({ ok: true, runId: 'r' });
		expect(acceptedBody(answer(202, { ok: true }))).toEqual({ ok: true });
		expect(acceptedBody(answer(204))).toEqual({});
	});

	test.each([
		answer(200, '<!doctype html>'),
		answer(200, ['ok']),
		answer(200, null),
		answer(200, { ok: false }),
		answer(200, {}),
		answer(302, { ok: true }),
		answer(400, { ok: true }),
		fault('refused'),
	])('takes nothing else', (outcome) => {
		expect(acceptedBody(outcome)).toBeUndefined();
	});
});

describe('isRetryable', () => {
	test.each([408, 429, 500, 502, 503, 504])('%d may pass', (status) => {
		expect(isRetryable(answer(status))).toBe(true);
	});

	test.each([200, 302, 400, 401, 403, 404, 405, 409, 410, 413, 422])('%d is final', (status) => {
		expect(isRetryable(answer(status))).toBe(false);
	});

	test('faults of the network may pass, those of the setup do not', () => {
		const reasons: FaultReason[] = ['refused', 'unreachable', 'timeout', 'interrupted', 'other'];
		expect(reasons.every((reason) => isRetryable(fault(reason)))).toBe(true);
		const lasting: FaultReason[] = ['tls', 'not-http', 'blocked'];
		expect(lasting.some((reason) => isRetryable(fault(reason)))).toBe(false);
	});
});

describe('describeFailure', () => {
	test.each<[GatewayOutcome, RequestTarget, string]>([
		[answer(401, 'Unauthorized'), agent, 'The gateway did not accept the access token'],
		[answer(403), agent, 'The gateway did not accept the access token'],
		[answer(404, 'Not Found'), agent, 'The gateway has no hooks under /hooks'],
		[answer(405), { kind: 'wake' }, 'The gateway has no hooks under /hooks'],
		[
			answer(404, 'Not Found'),
			endpoint,
			"The endpoint 'alert' could not be found under /webhooks/inbound",
		],
		[
			answer(404),
			{ kind: 'list', list: 'endpoints', otherwise: 'Type it.' },
			'The gateway has no list of endpoints under /webhooks/inbound',
		],
		[
			answer(400, { ok: false, error: 'unknown agentId "ops"' }),
			agent,
			"The agent 'ops' could not be found",
		],
		[
			answer(400, { error: 'unknown agentId "x"' }),
			{ kind: 'wake' },
			'The agent could not be found',
		],
		[
			answer(400, { error: 'agentId is not allowed by hooks.allowedAgentIds' }),
			agent,
			"The gateway does not let hooks reach the chosen 'Agent'",
		],
		[
			answer(400, { error: 'sessionKey is disabled for externally supplied' }),
			agent,
			"The gateway does not accept 'Session Key'",
		],
		[
			answer(400, { error: 'channel must be last|telegram' }),
			agent,
			"The gateway cannot deliver the reply to 'Channel'",
		],
		[answer(400, { error: 'message required' }), agent, 'The message is empty'],
		[answer(400, { error: 'something new' }), agent, 'The gateway did not accept the request'],
		[answer(413), agent, 'The message is larger than the gateway accepts'],
		[answer(429, 'Too Many Requests'), agent, 'The gateway is receiving too many requests'],
		[answer(409), agent, 'The gateway could not process the request (HTTP 409)'],
		[answer(503, '<html>'), agent, 'The gateway could not process the request (HTTP 503)'],
		[
			answer(200, '<!doctype html><html>'),
			agent,
			'What answered at http://gateway:18789 is not an OpenClaw gateway',
		],
		[
			answer(404, ' <HTML><body>nginx'),
			agent,
			'What answered at http://gateway:18789 is not an OpenClaw gateway',
		],
		[answer(301), agent, 'The address http://gateway:18789 leads elsewhere (HTTP 301)'],
		[fault('refused'), agent, 'The gateway could not be reached at http://gateway:18789'],
		[fault('timeout'), agent, 'The gateway did not answer in time at http://gateway:18789'],
		[
			fault('tls', 'CERT_HAS_EXPIRED'),
			agent,
			'The secure connection to http://gateway:18789 could not be set up',
		],
		[fault('blocked'), agent, 'n8n does not allow requests to http://gateway:18789'],
	])('says what happened after %j', (outcome, target, expected) => {
		expect(messageOf(outcome, target)).toBe(expected);
	});

	test('quotes the gateway, on one line, without the token, and not at length', () => {
		const said = `no\n\n such ${TOKEN} ${'x'.repeat(1000)}`;
		const { description } = describeFailure(answer(400, { error: said }), agent, connection);
		expect(description).toContain('The gateway says: “no such ••• xxx');
		expect(description).not.toContain(TOKEN);
		expect(description.length).toBeLessThan(500);
		const nested = describeFailure(answer(500, { error: { message: 'deep' } }), agent, connection);
		expect(nested.description).toContain('“deep”');
	});

	test('names the code of a fault in the description only', () => {
		const reason = describeFailure(fault('refused', 'ECONNREFUSED'), agent, connection);
		expect(reason.message).not.toContain('ECONNREFUSED');
		expect(reason.description).toContain('(ECONNREFUSED)');
	});

	test("avoids the words that n8n's guidelines rule out", () => {
		const statuses = [200, 302, 400, 401, 404, 409, 413, 429, 500];
		const reasons: FaultReason[] = [
			'refused',
			'unreachable',
			'timeout',
			'interrupted',
			'tls',
			'not-http',
			'blocked',
			'other',
		];
		const outcomes = [...statuses.map((s) => answer(s)), ...reasons.map((r) => fault(r))];
		for (const outcome of outcomes) {
			const { message, description } = describeFailure(outcome, endpoint, connection);
			expect(`${message} ${description}`).not.toMatch(/\b(error|problem|failure|mistake)\b/i);
		}
	});
});
