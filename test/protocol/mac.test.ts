import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import CryptoJS from 'crypto-js';
import { computeMac, isSameDigest } from '../../protocol/mac';

interface WycheproofFile {
	readonly numberOfTests: number;
	readonly testGroups: readonly {
		readonly tagSize: number;
		readonly tests: readonly {
			readonly tcId: number;
			readonly comment: string;
			readonly key: string;
			readonly msg: string;
			readonly tag: string;
			readonly result: 'valid' | 'invalid';
		}[];
	}[];
}

interface Rfc4231Case {
	readonly key: string;
	readonly data: string;
	readonly sha256: string;
	readonly truncate?: number;
}

function readJson(...path: string[]): unknown {
	return JSON.parse(readFileSync(join(...path), 'utf8'));
}

const wycheproof = readJson(__dirname, '../fixtures/wycheproof/hmac-sha256.json') as WycheproofFile;
const rfc4231 = readJson(
	require.resolve('hash-test-vectors/package.json'),
	'../hmac.json',
) as readonly Rfc4231Case[];

function mac(key: string, message: string): string {
	return computeMac(createSecretKey(key, 'hex'), '', Buffer.from(message, 'hex'), 'hex');
}

describe('computeMac', () => {
	const cases = wycheproof.testGroups.flatMap(({ tagSize, tests }) =>
		tests.map((test) => ({ ...test, tagSize })),
	);

	it('is tried on all vectors of Wycheproof', () => {
		expect(cases).toHaveLength(wycheproof.numberOfTests);
	});

	it.each(cases)('agrees with Wycheproof $tcId ($result, $tagSize bits): $comment', (vector) => {
		const tag = mac(vector.key, vector.msg).slice(0, vector.tagSize / 4);
		expect(isSameDigest(tag, vector.tag)).toBe(vector.result === 'valid');
	});

	it.each(rfc4231.map((vector, index) => ({ ...vector, number: index + 1 })))(
		'agrees with RFC 4231, case $number',
		({ key, data, sha256 }) => {
			expect(mac(key, data).slice(0, sha256.length)).toBe(sha256);
		},
	);

	it('joins the text and the bytes as crypto-js does', () => {
		const key = createSecretKey('🔑', 'utf8');
		const expected = CryptoJS.HmacSHA256('1.正文', '🔑').toString(CryptoJS.enc.Base64);
		expect(computeMac(key, '1.', Buffer.from('正文'), 'base64')).toBe(expected);
		expect(computeMac(key, '1.', '正文', 'base64')).toBe(expected);
	});
});

describe('isSameDigest', () => {
	it.each([
		['equal digests', 'ab'.repeat(32), 'ab'.repeat(32), true],
		['digests that differ at the end', `${'a'.repeat(63)}b`, 'a'.repeat(64), false],
		['digests of different length', 'a'.repeat(44), 'a'.repeat(45), false],
		['short digests after long ones', 'a'.repeat(44), 'a'.repeat(44), true],
		['texts that are no digests', 'a'.repeat(65), 'a'.repeat(65), false],
	])('compares %s', (_, left, right, same) => {
		isSameDigest('x'.repeat(64), 'y'.repeat(64));
		expect(isSameDigest(left, right)).toBe(same);
	});
});
