import type { DatabaseSync } from 'node:sqlite';
import {
	createTokenCheck,
	issueToken,
	listTokens,
	revokeToken,
	TOKEN_SCOPES,
} from '../../../openclaw-plugin/src/tokens/tokens';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
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

let hookToken: { isEnabled: boolean; token?: unknown };

beforeEach(() => {
	hookToken = { isEnabled: true, token: HOOKS_TOKEN };
});

const check = () => createTokenCheck({ database, hookToken: () => hookToken, now: () => time });

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
			caller: { id: inbound.record.id, scopes: ['inbound'] },
		});
		expect(check()(inbound.token, 'endpoints')).toEqual({ ok: false, reason: 'scope' });
		expect(check()(both.token, 'endpoints')).toMatchObject({
			ok: true,
			caller: { id: both.record.id },
		});
	});

	it('are worthless once revoked', () => {
		const { token, record } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		const verify = check();
		expect(verify(token, 'inbound').ok).toBe(true);
		expect(revokeToken(database, record.id)).toMatchObject({ kind: 'revoked' });
		expect(verify(token, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
		expect(revokeToken(database, record.id)).toEqual({ kind: 'unknown' });
	});

	it('are revoked by their name, too, unless several have it', () => {
		const [first, second] = ['ci', 'ci'].map((name) =>
			issueToken(database, { name, scopes: ['inbound'] }, (time += 1)),
		);
		const ids = [first?.record.id, second?.record.id];
		expect(revokeToken(database, 'ci')).toEqual({ kind: 'ambiguous', ids });
		expect(check()(first?.token ?? '', 'inbound').ok).toBe(true);
		expect(revokeToken(database, first?.record.id ?? '')).toMatchObject({ kind: 'revoked' });
		expect(revokeToken(database, 'ci')).toMatchObject({
			kind: 'revoked',
			token: { id: second?.record.id },
		});
		expect(listTokens(database)).toEqual([]);
	});

	it('that are named as the id of another are not revoked in its place', () => {
		const { record } = issueToken(database, { name: 'a', scopes: ['inbound'] });
		issueToken(database, { name: record.id, scopes: ['inbound'] });
		expect(revokeToken(database, record.id)).toMatchObject({ token: { name: 'a' } });
	});

	it('open nothing once they have expired', () => {
		const expiresAt = time + 1000;
		const { token } = issueToken(database, { name: 'a', scopes: ['inbound'], expiresAt }, time);
		expect(listTokens(database)).toMatchObject([{ expiresAt }]);
		expect(check()(token, 'inbound').ok).toBe(true);
		time = expiresAt;
		expect(check()(token, 'inbound')).toEqual({ ok: false, reason: 'expired' });
		expect(listTokens(database)).toHaveLength(1);
	});

	it('that are bound to endpoints open these alone, whatever was asked for', () => {
		const request = { name: 'ci', scopes: TOKEN_SCOPES, endpoints: ['deploy', 'deploy'] };
		const { token, record } = issueToken(database, request, time);
		expect(record).toMatchObject({ scopes: ['inbound', 'sessions'], endpoints: ['deploy'] });
		expect(listTokens(database)).toEqual([record]);
		expect(check()(token, 'inbound')).toMatchObject({ caller: { endpoints: ['deploy'] } });
		for (const scope of ['agents', 'endpoints', 'events', 'approvals'] as const) {
			expect(check()(token, scope)).toEqual({ ok: false, reason: 'scope' });
		}
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
			expect(check()(HOOKS_TOKEN, scope)).toMatchObject({ caller: { id: 'hooks' } });
		}
		for (const scope of ['sessions', 'endpoints', 'events', 'approvals'] as const) {
			expect(check()(HOOKS_TOKEN, scope)).toEqual({ ok: false, reason: 'scope' });
		}
	});

	it('is what the gateway says with each request', () => {
		const verify = check();
		expect(verify(HOOKS_TOKEN, 'inbound').ok).toBe(true);
		hookToken = { isEnabled: true, token: 'rotated' };
		expect(verify(HOOKS_TOKEN, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
		expect(verify('rotated', 'inbound').ok).toBe(true);
		hookToken = { isEnabled: false, token: 'rotated' };
		expect(verify('rotated', 'inbound')).toEqual({ ok: false, reason: 'unknown' });
	});

	it.each([undefined, null, '', '  ', { source: 'env', id: 'X' }, 7])(
		'opens nothing when it is %j',
		(token) => {
			hookToken = { isEnabled: true, token };
			for (const guess of ['', ' ', 'undefined', 'null', '[object Object]', '7']) {
				expect(check()(guess, 'inbound')).toEqual({ ok: false, reason: 'unknown' });
			}
		},
	);
});
