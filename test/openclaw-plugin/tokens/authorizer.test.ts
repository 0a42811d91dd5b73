import type { DatabaseSync } from 'node:sqlite';
import {
	createAuthorizer,
	createFailureLimit,
} from '../../../openclaw-plugin/src/tokens/authorizer';
import { createTokenCheck, issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { startLocalServer } from '../../../testbed/localServer';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const HOOKS_TOKEN = "the gateway's own";
let folder: string;
let database: DatabaseSync;
let time: number;

beforeEach(async () => {
	folder = await temporaryFolder('tokens');
	database = openDatabase(folder);
	time = 1_000_000_000_000;
});

afterEach(async () => {
	database.close();
	await removeTemporaryFolder(folder);
});

const check = () =>
	createTokenCheck({
		database,
		hookToken: () => ({ isEnabled: true, token: HOOKS_TOKEN }),
		now: () => time,
	});

describe('the limit of failures', () => {
	it('answers ten failures a minute as what they are', () => {
		const limit = createFailureLimit(() => time);
		const pauses = Array.from({ length: 12 }, () => limit.count('a'));
		expect(pauses).toEqual([...Array.from({ length: 10 }, () => 0), 60, 60]);
		expect(limit.count('b')).toBe(0);
		time += 45_000;
		expect(limit.count('a')).toBe(15);
		time += 15_000;
		expect(limit.count('a')).toBe(0);
	});

	it('ends with its minute when the clock was a year ahead', () => {
		const limit = createFailureLimit(() => time);
		time += 31_536_000_000;
		for (let index = 0; index < 11; index += 1) limit.count('a');
		time -= 31_536_000_000;
		expect(limit.count('a')).toBe(0);
	});

	it('keeps a bounded number of clients in mind', () => {
		const limit = createFailureLimit(() => time);
		for (let index = 0; index < 11; index += 1) limit.count('first');
		const before = process.memoryUsage().heapUsed;
		for (let index = 0; index < 200_000; index += 1) limit.count(`client ${String(index)}`);
		expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
		expect(limit.count('first')).toBe(0);
	});
});

describe('a guarded route', () => {
	const withServer = async (test: (url: string) => Promise<void>) => {
		const authorize = createAuthorizer(
			check(),
			createFailureLimit(() => time),
		);
		const server = await startLocalServer((request, response) => {
			const scope = request.url === '/endpoints' ? 'endpoints' : 'inbound';
			if (authorize(request, response, scope) !== undefined) response.end('in');
		});
		try {
			await test(server.url);
		} finally {
			await server.close();
		}
	};
	const ask = async (url: string, token?: string) =>
		await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

	it('lets nobody in without a token', async () => {
		await withServer(async (url) => {
			const answer = await ask(url);
			expect(answer.status).toBe(401);
			expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
			expect((await ask(`${url}/?token=${encodeURIComponent(HOOKS_TOKEN)}`)).status).toBe(401);
		});
	});

	it('slows down who guesses, and never who knows', async () => {
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		await withServer(async (url) => {
			for (let index = 0; index < 10; index += 1) {
				expect((await ask(url, `guess-${String(index)}`)).status).toBe(401);
			}
			const slowed = await ask(url, 'guess');
			expect(slowed.status).toBe(429);
			expect(slowed.headers.get('retry-after')).toBe('60');
			expect((await ask(url, token)).status).toBe(200);
			expect((await ask(url, 'guess')).status).toBe(429);
			// Without a token nothing is guessed.
			expect((await ask(url)).status).toBe(401);
		});
	});

	it('tells a token for something else from a wrong one', async () => {
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		await withServer(async (url) => {
			expect((await ask(`${url}/endpoints`, token)).status).toBe(403);
		});
	});

	it('tells who has an expired token that it has', async () => {
		const request = { name: 'a', scopes: ['inbound'] as const, expiresAt: time };
		const { token } = issueToken(database, request, time);
		await withServer(async (url) => {
			const answer = await ask(url, token);
			expect(answer.status).toBe(401);
			expect(await answer.json()).toMatchObject({ error: { code: 'token-expired' } });
		});
	});
});
