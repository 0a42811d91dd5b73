import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listBundled, readAudit } from '../../../scripts/packages/auditVerdict';

describe('an audit', () => {
	it('is clean when nothing is known', () => {
		const answer = { vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } };
		expect(readAudit(answer)).toEqual({ kind: 'clean' });
	});

	it('names what is known', () => {
		const answer = {
			vulnerabilities: { json5: { name: 'json5', severity: 'high', range: '<2.2.2' } },
			metadata: { vulnerabilities: { high: 1, total: 1 } },
		};
		expect(readAudit(answer)).toEqual({
			kind: 'vulnerable',
			findings: ['json5 <2.2.2: high'],
		});
	});

	it('is none when the registry gives no advice', () => {
		const refused = { message: '405 Method Not Allowed', method: 'POST' };
		expect(readAudit(refused)).toEqual({ kind: 'unknown', reason: '405 Method Not Allowed' });
		const summary = { error: { code: 'ENOAUDIT', summary: 'does not support audit requests' } };
		expect(readAudit(summary)).toEqual({
			kind: 'unknown',
			reason: 'does not support audit requests',
		});
	});

	it.each([undefined, null, '', [], { metadata: { vulnerabilities: { total: '0' } } }])(
		'is never clean because of an answer that is no audit: %j',
		(answer) => {
			expect(readAudit(answer)).toEqual({ kind: 'unknown', reason: 'an answer that is no audit' });
		},
	);
});

describe('what is audited', () => {
	it('is what the licences of the package name', () => {
		const licences = readFileSync(resolve(__dirname, '../../../THIRD_PARTY_LICENSES.md'), 'utf8');
		expect(listBundled(licences)).toEqual(['json5', '@cfworker/json-schema']);
	});
});
