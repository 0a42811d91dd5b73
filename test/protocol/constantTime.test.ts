import crypto from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { createSenderCheck } from '../../openclaw-plugin/src/inbound/senderSignature';
import { openDatabase } from '../../openclaw-plugin/src/store/database';
import { createTokenCheck, issueToken } from '../../openclaw-plugin/src/tokens/tokens';
import { createSigningKeys, signEvent, verifyEvent } from '../../protocol';
import { removeTemporaryFolder, temporaryFolder } from '../../testbed/temporaryFolder';

const actual = crypto.timingSafeEqual;
/** Lengths of what was compared in constant time. */
let compared: number[];

beforeEach(() => {
	compared = [];
	jest.spyOn(crypto, 'timingSafeEqual').mockImplementation((left, right) => {
		compared.push(left.byteLength);
		return actual(left, right);
	});
});

afterEach(() => {
	jest.restoreAllMocks();
});

/** What a comparison costs must not tell where two values differ, so the work is always the same. */
describe('a signature', () => {
	const body = '{"id":"evt_1"}';
	const secrets = ['whsec_one', 'whsec_two', 'whsec_three'];
	const signed = signEvent({ id: 'evt_1', body, secret: 'whsec_one' });
	const right = signed['X-OpenClaw-Signature'] ?? '';
	const changedAt = (place: number) => {
		const at = 'sha256='.length + place;
		return right.slice(0, at) + (right[at] === '0' ? '1' : '0') + right.slice(at + 1);
	};

	it.each([
		['right', right, true],
		['wrong in its first digit', changedAt(0), false],
		['wrong in its last digit', changedAt(63), false],
		['wrong altogether', `sha256=${'0'.repeat(64)}`, false],
	])('that is %s is compared as a whole with every secret', (_, signature, ok) => {
		const headers = {
			...signed,
			'X-OpenClaw-Signature': signature,
		};
		const verdict = verifyEvent({
			headers,
			body: Buffer.from(body),
			secret: createSigningKeys(secrets.join(' ')),
		});
		expect(verdict.ok).toBe(ok);
		expect(compared).toEqual([64, 64, 64]);
	});
});

describe('the signature of a sender', () => {
	const body = Buffer.from('{"action":"opened"}');
	const right = crypto.createHmac('sha256', 'one').update(body).digest('hex');

	it.each([
		['right', right, true],
		['wrong in its first digit', (right.startsWith('0') ? '1' : '0') + right.slice(1), false],
		['wrong in its last digit', right.slice(0, -1) + (right.endsWith('0') ? '1' : '0'), false],
	])('that is %s is compared as bytes with every secret', (_, digest, ok) => {
		const check = createSenderCheck({ type: 'github', secrets: ['one', 'two', 'three'] });
		const claim = check({ 'x-hub-signature-256': `sha256=${digest}` }, 0);
		expect(claim.ok && claim.verify(body).ok).toBe(ok);
		expect(compared).toEqual([32, 32, 32]);
	});

	it('that is the secret itself is compared by its hash, whatever its length', () => {
		const check = createSenderCheck({ type: 'gitlab', secrets: ['one', 'a longer one'] });
		for (const sent of ['one', 'x', 'x'.repeat(1000)]) {
			const claim = check({ 'x-gitlab-token': sent }, 0);
			expect(claim.ok && claim.verify(body).ok).toBe(sent === 'one');
		}
		expect(compared).toEqual(Array(6).fill(32));
	});
});

describe('a token', () => {
	let folder: string;
	let database: DatabaseSync;
	beforeEach(async () => {
		folder = await temporaryFolder('constant-time');
		database = openDatabase(folder);
	});
	afterEach(async () => {
		database.close();
		await removeTemporaryFolder(folder);
	});

	it('is compared by its hash, whether there is one of its id or not', () => {
		const check = createTokenCheck({
			database,
			hookToken: () => ({ isEnabled: true, token: 'the token of the gateway' }),
		});
		const { token } = issueToken(database, { name: 'n8n', scopes: ['inbound'] });
		const wrong = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
		const unknown = token.replace(/^ocw_.{10}/, 'ocw_0000000000');
		for (const each of [token, wrong, unknown, 'no token at all', '']) {
			compared = [];
			expect(check(each, 'inbound').ok).toBe(each === token);
			expect(compared).toEqual([32, 32]);
		}
	});
});
