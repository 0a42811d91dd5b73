import { readFault } from '../../../nodes/shared/gatewayRequest';

function withCode(code: string): Error {
	return Object.assign(new Error('request'), { code });
}

test.each([
	['ECONNREFUSED', 'refused'],
	['ENOTFOUND', 'unreachable'],
	['EAI_AGAIN', 'unreachable'],
	['ECONNABORTED', 'timeout'],
	['ETIMEDOUT', 'timeout'],
	['ECONNRESET', 'interrupted'],
	['EPIPE', 'interrupted'],
	['CERT_HAS_EXPIRED', 'tls'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
	['EPROTO', 'tls'],
	['HPE_INVALID_CONSTANT', 'not-http'],
	['ERR_SOMETHING_NEW', 'other'],
])('takes the code %s for %s', (code, reason) => {
	expect(readFault(withCode(code))).toEqual({ kind: 'fault', reason, code });
	const wrapped = new Error('wrapped', { cause: new Error('again', { cause: withCode(code) }) });
	expect(readFault(wrapped)).toEqual({ kind: 'fault', reason, code });
});

test("knows n8n's own protection", () => {
	const blocked = Object.assign(new Error('restricted'), { name: 'SsrfBlockedIpError' });
	const outcome = readFault(new Error('wrapped', { cause: blocked }));
	expect(outcome).toEqual({ kind: 'fault', reason: 'blocked', code: undefined });
});

test.each([undefined, null, 'text', 7, {}, { code: 12 }, { code: 'Bearer secret' }])(
	'makes something of %j',
	(thrown) => {
		expect(readFault(thrown)).toEqual({ kind: 'fault', reason: 'other', code: undefined });
	},
);

test('does not run in circles', () => {
	const circular: Record<string, unknown> = {};
	circular.cause = circular;
	expect(readFault(circular).kind).toBe('fault');
});
