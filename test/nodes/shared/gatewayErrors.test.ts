import {
	acceptedBody,
	describeFailure,
	isRetryable,
	type RequestTarget,
} from '../../../nodes/shared/gatewayErrors';
import type { FaultReason, GatewayOutcome } from '../../../nodes/shared/gatewayRequest';

const TOKEN = 'ocw_secret-token';
const HOOK_TOKEN = 'hook-secret';
const connection = {
	baseUrl: 'http://gateway:18789',
	inboundPath: '/webhooks/inbound',
	hooksPath: '/hooks',
	ignoreSslIssues: false,
	accessToken: TOKEN,
	hookToken: HOOK_TOKEN,
};
const agent = { kind: 'agent', agentId: 'ops' } as const;
const viaPlugin: RequestTarget = { ...agent, viaPlugin: true };
const endpoint: RequestTarget = { kind: 'endpoint', name: 'alert' };

function refusal(code: string, path?: string): unknown {
	return { ok: false, error: { code, message: `because ${TOKEN}`, ...(path && { path }) } };
}

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

	test.each([200, 302, 400, 401, 403, 404, 405, 409, 410, 413, 422, 508])(
		'%d is final',
		(status) => {
			expect(isRetryable(answer(status))).toBe(false);
		},
	);

	test('faults of the network may pass, those of the setup do not', () => {
		const reasons: FaultReason[] = ['refused', 'unreachable', 'timeout', 'interrupted', 'other'];
		expect(reasons.every((reason) => isRetryable(fault(reason)))).toBe(true);
		const lasting: FaultReason[] = ['tls', 'not-http', 'blocked'];
		expect(lasting.some((reason) => isRetryable(fault(reason)))).toBe(false);
	});
});

describe('describeFailure', () => {
	test.each<[GatewayOutcome, RequestTarget, string]>([
		[answer(401, 'Unauthorized'), agent, 'The gateway did not accept the hook token'],
		[answer(403), { kind: 'wake' }, 'The gateway did not accept the hook token'],
		[answer(401), endpoint, 'The gateway did not accept the access token'],
		[answer(403), viaPlugin, 'The gateway did not accept the access token'],
		[answer(403, refusal('wrong-scope')), viaPlugin, 'The access token is not for this'],
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
		[
			answer(422, refusal('idempotency-key-reused')),
			endpoint,
			"The gateway has taken another message under this 'Idempotency Key' before",
		],
		[answer(508, refusal('loop-detected')), endpoint, 'The message went round in a circle'],
		[
			answer(400, refusal('invalid-session-key', 'sessionKey')),
			viaPlugin,
			"The gateway does not accept 'Session Key'",
		],
		[
			answer(404, refusal('unknown-run')),
			{ kind: 'run', runId: 'run_1' },
			"The gateway knows no run 'run_1'",
		],
		[
			answer(404),
			{ kind: 'run', runId: 'run_1' },
			'The gateway tells nothing of runs under /webhooks/inbound',
		],
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

	test('names the token that is missing for what was asked', () => {
		const hookOnly = { ...connection, accessToken: '' };
		const texts = (outcome: GatewayOutcome, target: RequestTarget, of = hookOnly) =>
			describeFailure(outcome, target, of).message;
		expect(texts(answer(401), endpoint)).toBe("'Access Token' in the credential is empty");
		expect(texts(answer(403, refusal('wrong-scope')), { kind: 'registration' })).toBe(
			"'Access Token' in the credential is empty",
		);
		const accessOnly = { ...connection, hookToken: '' };
		expect(texts(answer(401), { kind: 'wake' }, accessOnly)).toBe(
			"'Hook Token' in the credential is empty",
		);
		const mapped = { ...accessOnly, inboundPath: '/hooks' };
		expect(texts(answer(401), endpoint, mapped)).toBe("'Hook Token' in the credential is empty");
	});

	test('quotes the gateway, on one line, without the token, and not at length', () => {
		const said = `no\n\n such ${TOKEN} ${'x'.repeat(1000)}`;
		const { description } = describeFailure(answer(400, { error: said }), agent, connection);
		expect(description).toContain('The gateway says: “no such ••• xxx');
		expect(description).not.toContain(TOKEN);
		const hook = describeFailure(answer(400, { error: HOOK_TOKEN }), agent, connection);
		expect(hook.description).toContain('“•••”');
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

describe('registering an endpoint and fetching its events', () => {
	test.each([
		[
			{ kind: 'fault', reason: 'refused', code: 'ECONNREFUSED' } as const,
			/could not be reached.*publish again/s,
		],
		[answer(403, refusal('wrong-scope')), /may not register endpoints.*token create --name n8n/s],
		[answer(401, refusal('unauthorized')), /did not accept the access token.*token create/s],
		[answer(400, refusal('private-host')), /does not send to n8n's address.*WEBHOOK_URL/s],
		[answer(409, refusal('set-in-configuration')), /did not register the endpoint.*because/s],
		[answer(503, refusal('not-stored')), /could not change its endpoints now \(HTTP 503\)/],
		[answer(409, refusal('other-registrant')), /Another n8n has registered.*unpublish/s],
		[
			answer(409, {
				...(refusal('another-consumer') as object),
				since: Date.parse('2026-03-14T10:30:00Z'),
				address: '10.0.0.7',
			}),
			/Another n8n fetches the events of this trigger, from 10\.0\.0\.7, since 2026-03-14T10:30/,
		],
		[answer(404, 'Not Found'), /event-webhooks does not answer.*plugins install/s],
		[answer(200, '<!doctype html>'), /event-webhooks does not answer/],
	])('says what to do: %#', (outcome, pattern) => {
		const { message, description } = describeFailure(outcome, { kind: 'registration' }, connection);
		const text = `${message} ${description}`;
		expect(text).toMatch(pattern);
		expect(text).not.toContain(TOKEN);
	});
});
