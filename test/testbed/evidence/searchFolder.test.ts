import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stringify } from 'flatted';
import { signEvent } from '../../../protocol';
import { createSecret } from '../../../protocol/secret';
import { findSecrets } from '../../../testbed/evidence/findSecrets';
import { searchFolder } from '../../../testbed/evidence/searchFolder';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const TOKEN = 'a/token+of the "gateway"/with=odd characters';
const GENERATED = `whsec_${Buffer.alloc(32, 251).toString('base64')}`;
const ISSUED = `ocw_0123456789_${randomBytes(32).toString('base64url')}`;

const inJson = (text: string) => JSON.stringify({ text });
const escaped = (text: string) =>
	Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** The ways in which a secret could end up in a log or an execution. */
const WAYS: ReadonlyArray<readonly [string, (secret: string) => string]> = [
	['as it is', (secret) => `token: ${secret}.`],
	['in JSON', inJson],
	['in JSON within JSON', (secret) => inJson(inJson(secret))],
	['in JSON with escaped slashes', (secret) => inJson(secret).replaceAll('/', '\\/')],
	['in JSON with numbers for all characters', (secret) => `{"a":"${escaped(secret)}"}`],
	['in flatted data', (secret) => stringify([{ json: { deep: [secret] } }])],
	['in a URL', (secret) => `/hook?token=${encodeURIComponent(secret)}&x=1`],
	['in a URL in a URL', (secret) => `?u=${encodeURIComponent(`?t=${encodeURIComponent(secret)}`)}`],
	['in a form', (secret) => new URLSearchParams({ secret }).toString().replaceAll('+', '%20')],
	['in Base64', (secret) => Buffer.from(secret).toString('base64')],
	['in URL-safe Base64', (secret) => Buffer.from(secret).toString('base64url')],
	['in Base64 with something before', (secret) => Buffer.from(`u:${secret}`).toString('base64')],
	['in Base64 with more before', (secret) => Buffer.from(`me:${secret}`).toString('base64')],
	['in Base64 within JSON', (secret) => inJson(Buffer.from(`x${secret}`).toString('base64'))],
	['in hexadecimal digits', (secret) => Buffer.from(secret).toString('hex')],
	['in upper-case digits', (secret) => `0${Buffer.from(secret).toString('hex').toUpperCase()}`],
];

describe.each([
	['a known token', TOKEN],
	['a generated secret', GENERATED],
	['a token of the plugin', ISSUED],
])('%s is found', (_, secret) => {
	it.each(WAYS)('%s', (__, write) => {
		const text = `something before ${write(secret)} something after`;
		expect(findSecrets(text, [TOKEN])).not.toEqual([]);
	});
});

describe('a finding', () => {
	it('does not show the secret', () => {
		const findings = findSecrets(`first ${GENERATED} and ${TOKEN}`, [TOKEN]);
		expect(findings).toEqual([
			{ kind: 'signing secret', form: 'plain', before: 'first ' },
			{ kind: 'known secret', form: 'plain', before: 'first ● and ' },
		]);
	});

	it('is a signature and an authorization, too', () => {
		const signed = signEvent({ id: 'evt_1', body: '{}', secret: createSecret() });
		const kinds = findSecrets(`${JSON.stringify(signed)} Authorization: Bearer ${TOKEN}`, []).map(
			({ kind }) => kind,
		);
		expect(new Set(kinds)).toEqual(new Set(['signature']));
		const header = `authorization: Bearer ${'x'.repeat(30)}`;
		expect(findSecrets(header, [])).toMatchObject([{ kind: 'authorization' }]);
	});

	it.each([
		'',
		'whsec_…',
		'whsec_abc',
		'${SIGNING_SECRET}',
		'Authorization: Bearer …',
		'sha256=',
		'ocw_4mzq0c7k2v_…',
		`evt_${'0'.repeat(26)} ${'ab'.repeat(40)}`,
	])('is not %j', (text) => {
		expect(findSecrets(text, [TOKEN, 'wrong'])).toEqual([]);
	});
});

describe('a folder', () => {
	let folder: string;
	beforeEach(async () => {
		folder = await temporaryFolder('evidence-test');
	});
	afterEach(async () => removeTemporaryFolder(folder));

	/** An n8n that has run something. */
	function writeN8n(output: string): void {
		mkdirSync(join(folder, 'n8n', '.n8n'), { recursive: true });
		const database = new DatabaseSync(join(folder, 'n8n', '.n8n', 'database.sqlite'));
		database.exec('CREATE TABLE execution_data (executionId INTEGER, data TEXT)');
		database.exec('CREATE TABLE credentials_entity (data TEXT)');
		database.prepare('INSERT INTO execution_data VALUES (1, ?)').run(stringify({ output }));
		database.prepare('INSERT INTO credentials_entity VALUES (?)').run(GENERATED);
		database.close();
		writeFileSync(join(folder, 'n8n', 'n8n.log'), 'n8n ready\n');
	}

	it('is clean when the secret is in none of the executions and logs', () => {
		writeN8n('nothing');
		writeFileSync(join(folder, 'secrets.txt'), TOKEN);
		expect(searchFolder(folder, [TOKEN])).toEqual({
			findings: [],
			files: expect.arrayContaining(['n8n/n8n.log', 'n8n/.n8n/database.sqlite']) as string[],
			executionRows: 1,
		});
	});

	it('gives away a secret in an execution', () => {
		writeN8n(GENERATED);
		expect(searchFolder(folder, []).findings).toMatchObject([
			{ place: 'n8n/.n8n/database.sqlite execution_data 1', kind: 'signing secret' },
		]);
	});

	it('gives away a secret in a log, by its line', () => {
		writeFileSync(join(folder, 'gateway.log'), `ready\nposting with ${TOKEN}\n`);
		expect(searchFolder(folder, [TOKEN]).findings).toMatchObject([
			{ place: 'gateway.log:2', kind: 'known secret', before: 'posting with ' },
		]);
	});
});
