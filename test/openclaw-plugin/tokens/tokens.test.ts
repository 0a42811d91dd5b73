import type { DatabaseSync } from 'node:sqlite';
import { createAuthorizer } from '../../../openclaw-plugin/src/tokens/authorizer';
import { createFailureLimit } from '../../../openclaw-plugin/src/tokens/failureLimit';
import { createTokenCheck } from '../../../openclaw-plugin/src/tokens/tokenCheck';
import {
	issueToken,
	listTokens,
	revokeToken,
} from '../../../openclaw-plugin/src/tokens/tokenStore';
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
	if (database.isOpen) database.close();
	await removeTemporaryFolder(folder);
});

const check = (hooksToken: unknown = HOOKS_TOKEN) =>
	createTokenCheck({ database, hooksToken, now: () => time });

describe('tokens', () => {
	it('have the form ocw_<id>_<random> and are listed without themselves', () => {
		const { token, record } = issueToken(database, { name: 'n8n', scopes: ['inbound'] }, time);
		expect(token).toMatch(/^ocw_[0-9a-z]{10}_[\w-]{43}$/);
		expect(token).toContain(`ocw_${record.id}_`);
		expect(listTokens(database)).toEqual([
			{ id: record.id, name: 'n8n', scopes: ['inbound'], createdAt: time },
		]);
	});

	it('are nowhere in the database', () => {
		const { token } = issueToken(database, { name: 'n8n', scopes: ['inbound'] }, time);
		const random = token.split('_').slice(2).join('_');
		const rows = JSON.stringify(database.prepare('SELECT hex(hash) AS h, * FROM tokens').all());
		expect(rows).not.toContain(random);
		expect(rows.toUpperCase()).not.toContain(Buffer.from(token).toString('hex').toUpperCase());
	});

	it('are all different', () => {
		const issued = Array.from({ length: 500 }, () =>
			issueToken(database, { name: 'x', scopes: [] }),
		);
		expect(new Set(issued.map(({ token }) => token)).size).toBe(500);
		expect(new Set(issued.map(({ record }) => record.id)).size).toBe(500);
	});

	it('open what they are for, and nothing else', () => {
		const inbound = issueToken(database, { name: 'a', scopes: ['inbound'] });
		const both = issueToken(database, { name: 'b', scopes: ['inbound', 'endpoints'] });
		expect(check()(inbound.token, 'inbound')).toEqual({
			ok: true,
			id: inbound.record.id,
			scopes: ['inbound'],
		});
		expect(check()(inbound.token, 'endpoints')).toEqual({ ok: false, reason: 'scope' });
		expect(check()(both.token, 'endpoints')).toMatchObject({ ok: true, id: both.record.id });
	});

	it('are worthless once revoked', () => {
		const { token, record } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		const verify = check();
		expect(verify(token, 'inbound').ok).toBe(true);
		expect(revokeToken(database, record.id)).toBe(true);
		expect(verify(token, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
		expect(revokeToken(database, record.id)).toBe(false);
	});

	it('are refused when anything about them is different', () => {
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		const other = issueToken(database, { name: 'b', scopes: ['inbound'] }).token;
		const mixed = token.slice(0, 15) + other.slice(15);
		const changed = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
		for (const wrong of [
			mixed,
			changed,
			`${token}A`,
			token.slice(0, -1),
			token.toUpperCase(),
			'',
		]) {
			expect(check()(wrong, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
		}
	});

	it('have their last use noted, at most once a minute', () => {
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		const lastUse = () => {
			check()(token, 'inbound');
			return listTokens(database)[0]?.lastUsedAt;
		};
		const first = time;
		expect(lastUse()).toBe(first);
		time = first + 59_999;
		expect(lastUse()).toBe(first);
		time = first + 60_000;
		expect(lastUse()).toBe(time);
	});

	it('are accepted when that cannot be noted', () => {
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		database.exec('PRAGMA query_only = ON');
		expect(check()(token, 'inbound').ok).toBe(true);
	});
});

describe("the gateway's own token", () => {
	it('opens what writes to agents alone', () => {
		for (const scope of ['inbound', 'agents'] as const) {
			expect(check()(HOOKS_TOKEN, scope)).toMatchObject({ ok: true, id: 'hooks' });
		}
		expect(check()(HOOKS_TOKEN, 'endpoints')).toEqual({ ok: false, reason: 'scope' });
	});

	it.each([undefined, null, '', '  ', { source: 'env', id: 'X' }, 7])(
		'opens nothing when it is %j',
		(hooksToken) => {
			for (const token of ['', ' ', 'undefined', 'null', '[object Object]', '7']) {
				expect(check(hooksToken)(token, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
			}
		},
	);
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
			if (authorize(request, response, scope)) response.end('in');
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
});
