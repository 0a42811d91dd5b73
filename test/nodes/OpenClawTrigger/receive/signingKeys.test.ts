import { SigningKeyCache } from '../../../../nodes/OpenClawTrigger/receive/signingKeys';

/** A credential whose reads are counted and can be held back. */
function createCredential(secret: unknown) {
	const credential = {
		secret,
		reads: 0,
		read: () => {
			credential.reads += 1;
			return credential.secret instanceof Error
				? Promise.reject(credential.secret)
				: Promise.resolve(credential.secret);
		},
	};
	return credential;
}

test('reads a credential once for all that ask at a time', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one two');
	const keys = await Promise.all(
		Array.from({ length: 10 }, async () => cache.get('c', credential.read, 0)),
	);
	expect(keys.every(({ own, standard }) => own.length === 2 && standard.length === 2)).toBe(true);
	expect(credential.reads).toBe(1);
});

test('reads it again after five seconds, and when the clock was set back', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one');
	await cache.get('c', credential.read, 10_000);
	await cache.get('c', credential.read, 14_999);
	expect(credential.reads).toBe(1);
	await cache.get('c', credential.read, 15_000);
	expect(credential.reads).toBe(2);
	await cache.get('c', credential.read, 14_000);
	expect(credential.reads).toBe(3);
});

test('reads it at most once a second for signatures that do not fit', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one');
	const keys = await cache.get('c', credential.read, 0);
	for (let now = 0; now < 1_000; now += 10) {
		expect(await cache.getNewer('c', credential.read, now, keys)).toBeUndefined();
	}
	expect(credential.reads).toBe(1);
	credential.secret = 'two';
	expect((await cache.getNewer('c', credential.read, 1_000, keys))?.own).toHaveLength(1);
	credential.secret = 'two three';
	expect((await cache.getNewer('c', credential.read, 2_000, keys))?.own).toHaveLength(2);
	expect(credential.reads).toBe(3);
});

test('reads it only every five seconds for ten seconds after that was in vain', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one');
	const readAt: number[] = [];
	const flood = async (from: number, to: number) => {
		for (let now = from; now < to; now += 100) {
			const before = credential.reads;
			const keys = await cache.get('c', credential.read, now);
			expect(await cache.getNewer('c', credential.read, now, keys)).toBeUndefined();
			if (credential.reads > before) readAt.push(now);
		}
	};
	await flood(0, 20_000);
	expect(readAt).toEqual([0, 1_000, 6_000, 11_000, 12_000, 17_000]);

	// A flood hides a changed secret for five seconds at most.
	credential.secret = 'two three';
	await flood(20_000, 22_000);
	expect((await cache.get('c', credential.read, 22_000)).own).toHaveLength(2);
});

test('does not stay quiet when the clock is set back', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one');
	const keys = await cache.get('c', credential.read, 100_000);
	await cache.getNewer('c', credential.read, 101_000, keys);
	const later = await cache.get('c', credential.read, 50_000);
	credential.secret = 'two';
	expect((await cache.getNewer('c', credential.read, 51_000, later))?.own).toHaveLength(1);
});

test('hands newer keys to whoever still has the old ones', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential('one');
	const old = await cache.get('c', credential.read, 0);
	credential.secret = 'two';
	const [first, second] = await Promise.all([
		cache.getNewer('c', credential.read, 1_000, old),
		cache.getNewer('c', credential.read, 1_000, old),
	]);
	expect(first).toBe(second);
	expect(await cache.getNewer('c', credential.read, 1_500, old)).toBe(first);
	expect(credential.reads).toBe(2);
});

test('asks again after a second when a credential could not be read', async () => {
	const cache = new SigningKeyCache();
	const credential = createCredential(new Error('locked'));
	await expect(cache.get('c', credential.read, 0)).rejects.toThrow('locked');
	await expect(cache.get('c', credential.read, 999)).rejects.toThrow('locked');
	expect(credential.reads).toBe(1);
	credential.secret = 'one';
	expect((await cache.get('c', credential.read, 1_000)).own).toHaveLength(1);
});

test.each([undefined, null, 7, '', ' \n'])('has no keys for the secret %j', async (secret) => {
	const keys = await new SigningKeyCache().get('c', createCredential(secret).read, 0);
	expect(keys).toEqual({ own: [], standard: [] });
});

test('keeps credentials apart, and a limited number of them', async () => {
	const cache = new SigningKeyCache();
	const first = createCredential('one');
	await cache.get('first', first.read, 0);
	const other = createCredential('two');
	for (let index = 0; index < 1_000; index += 1) await cache.get(`c${index}`, other.read, 0);
	expect(other.reads).toBe(1_000);
	await cache.get('first', first.read, 0);
	expect(first.reads).toBe(2);
});
