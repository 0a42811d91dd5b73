import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	readdirSync,
	readlinkSync,
	realpathSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { mediaFoldersOf } from '../../../openclaw-plugin/src/admin/keptFile';
import type { AttachedFile } from '../../../openclaw-plugin/src/outbox/attachments';
import { createEvent } from '../../../openclaw-plugin/src/outbox/envelope';
import { issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import type { TokenScope } from '../../../openclaw-plugin/src/tokens/tokens';
import { waitFor } from '../../../testbed/waitFor';
import { at } from '../../../testbed/json';
import { openManager } from '../endpoints/support/manager';
import { adminGateway, HOOKS_TOKEN, type AdminGateway } from './support/adminGateway';

const PDF = Buffer.from('%PDF-1.4 an invoice');

let gateway: AdminGateway;
let media: string;
let outside: string;

beforeEach(async () => {
	gateway = await adminGateway();
	media = join(gateway.folder, 'media', 'inbound');
	mkdirSync(media, { recursive: true });
	outside = join(gateway.folder, 'secret.txt');
	writeFileSync(outside, 'a secret of the gateway');
});

afterEach(async () => {
	await gateway.remove();
});

const inMedia = (name: string, content: Buffer | string = PDF) => {
	const path = join(media, name);
	writeFileSync(path, content);
	return path;
};

/** Adds an event that came with files, and tells its id. */
function addEvent(...files: readonly AttachedFile[]): string {
	const event = createEvent({
		type: 'message.received',
		data: { message: { attachments: files.map((_, index) => ({ index, kind: 'document' })) } },
		at: gateway.time,
		instanceId: 'node-1',
		files,
	});
	const { outbox } = openManager(gateway.database, gateway.folder, () => gateway.time);
	outbox.append(event, [{ endpointId: gateway.registry.findByName('main-webhook')?.id ?? 0 }]);
	return event.id;
}

const tokenFor = (scopes: readonly TokenScope[]) =>
	issueToken(gateway.database, { name: 'n8n', scopes }).token;

async function get(path: string, token: string | undefined = tokenFor(['events'])) {
	const response = await fetch(`${gateway.url}${path}`, {
		headers: token === '' ? {} : { authorization: `Bearer ${token}` },
	});
	const bytes = Buffer.from(await response.arrayBuffer());
	const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
	const error = isJson ? at(JSON.parse(bytes.toString()), 'error', 'code') : undefined;
	return { status: response.status, headers: response.headers, bytes, error };
}

const pathOf = (id: string, index: number | string = 0) => `/events/${id}/attachments/${index}`;

it('hands out the bytes, as a download of the type that the event names', async () => {
	const path = inMedia('invoice---6f1c.pdf');
	const id = addEvent({ path, contentType: 'application/pdf', fileName: 'invoice.pdf' });
	const { status, bytes, headers } = await get(pathOf(id));
	expect([status, bytes]).toEqual([200, PDF]);
	expect(Object.fromEntries(headers)).toMatchObject({
		'content-type': 'application/pdf',
		'content-length': String(PDF.length),
		'content-disposition': `attachment; filename="invoice.pdf"; filename*=UTF-8''invoice.pdf`,
		'x-content-type-options': 'nosniff',
		'cache-control': 'no-store',
	});
});

it.each([
	['报告 "1"\r\n.pdf', '__ _1___.pdf', '%E6%8A%A5%E5%91%8A%20_1___.pdf'],
	['../../etc/pass\\wd', '.._.._etc_pass_wd', '.._.._etc_pass_wd'],
	["100%'(x)\ud800.pdf", "100_'(x)_.pdf", '100%25%27%28x%29%EF%BF%BD.pdf'],
])('makes %j a name that is safe', async (fileName, plain, encoded) => {
	const id = addEvent({ path: inMedia('a'), fileName });
	const { headers } = await get(pathOf(id));
	expect(headers.get('content-disposition')).toBe(
		`attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
	);
});

it('says of a type that is none that it is not known, and of a nameless file its number', async () => {
	const id = addEvent({ path: inMedia('a'), contentType: 'text/html\r\nX-Evil: 1' });
	const { headers } = await get(pathOf(id));
	expect(headers.get('content-type')).toBe('application/octet-stream');
	expect(headers.get('content-disposition')).toContain('filename="attachment_0"');
});

it('tells the files of an event apart, an empty one too', async () => {
	const id = addEvent({ path: inMedia('a', 'first') }, { path: inMedia('b', '') });
	expect((await get(pathOf(id, 0))).bytes.toString()).toBe('first');
	expect(await get(pathOf(id, 1))).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
});

it('gives a replayed event its files', async () => {
	const id = addEvent({ path: inMedia('a') });
	gateway.database.exec("UPDATE deliveries SET state = 'delivered'");
	const { outbox } = openManager(gateway.database, gateway.folder, () => gateway.time);
	outbox.replay({ eventIds: [id] });
	const row = gateway.database.prepare('SELECT id FROM events WHERE id <> ?').get(id);
	expect(await get(pathOf(String(row?.id)))).toMatchObject({ status: 200, bytes: PDF });
});

it('forgets where the files of an event are when it forgets the event', async () => {
	const id = addEvent({ path: inMedia('a') });
	gateway.database.exec('DELETE FROM deliveries; DELETE FROM events');
	expect(gateway.database.prepare('SELECT * FROM attachments').all()).toEqual([]);
	expect(await get(pathOf(id))).toMatchObject({ status: 404, error: 'unknown-event' });
});

it.each([
	['an event that is not there', 'evt_none', 0, 'unknown-event'],
	['a number that is not there', undefined, 1, 'unknown-attachment'],
	['a number that is none', undefined, '-1', 'unknown-attachment'],
	['a path in place of a number', undefined, '..%2F..%2Fsecret.txt', 'unknown-attachment'],
	['what lies below a file', undefined, '0/more', 'unknown-attachment'],
	['no number', undefined, '', 'unknown-attachment'],
])('knows nothing of %s', async (_, event, index, code) => {
	const id = event ?? addEvent({ path: inMedia('a') });
	expect(await get(pathOf(id, index))).toMatchObject({ status: 404, error: code });
});

describe('a file that the gateway has not, or not any more', () => {
	const gone = async (file: AttachedFile) => {
		const answer = await get(pathOf(addEvent(file)));
		expect(answer).toMatchObject({ status: 410, error: 'attachment-gone' });
		expect(answer.bytes.toString()).not.toMatch(/secret|media|inbound/);
		expect(gateway.log).toEqual([]);
	};

	it('is gone when it was deleted', async () => {
		const path = inMedia('a');
		rmSync(path);
		await gone({ path });
	});

	it('is gone with the whole folder', async () => {
		const path = inMedia('a');
		rmSync(join(gateway.folder, 'media'), { recursive: true });
		await gone({ path });
	});

	it('was never there when the message came', async () => {
		await gone({ contentType: 'image/jpeg' });
	});

	it.each([
		['another folder', () => outside],
		['the way back out of the folder', () => join(media, '..', '..', 'secret.txt')],
		['the same with dots', () => `${media}/../../secret.txt`],
		['the folder itself', () => join(gateway.folder, 'media')],
		['a folder in it', () => media],
		[
			'a folder whose name only begins alike',
			() => {
				mkdirSync(join(gateway.folder, 'media-other'));
				const path = join(gateway.folder, 'media-other', 'a');
				writeFileSync(path, 'secret');
				return path;
			},
		],
		['a relative path', () => 'inbound/a'],
		['an address', () => 'https://files.example/bot-token/1'],
	])('does not lie in %s', async (_, path) => {
		inMedia('a');
		await gone({ path: path() });
	});

	it('is no link to another one', async () => {
		const path = join(media, 'link');
		symlinkSync(outside, path);
		await gone({ path });
	});

	it('does not lie behind a link to another folder', async () => {
		symlinkSync(gateway.folder, join(media, 'sub'));
		await gone({ path: join(media, 'sub', 'secret.txt') });
	});

	it('is not what was put in its place: a link', async () => {
		const path = inMedia('a');
		const id = addEvent({ path });
		rmSync(path);
		symlinkSync(outside, path);
		expect(await get(pathOf(id))).toMatchObject({ status: 410 });
	});

	it('is no pipe, which would hold the request for ever', async () => {
		const path = join(media, 'pipe');
		execFileSync('mkfifo', [path]);
		await gone({ path });
	});
});

it.each([
	[{}, ['/state/media']],
	[
		{ OPENCLAW_CONFIG_PATH: '/etc/openclaw/openclaw.json' },
		['/state/media', '/etc/openclaw/media'],
	],
	[{ OPENCLAW_CONFIG_PATH: '~/openclaw.json' }, ['/state/media', join(homedir(), 'media')]],
	[{ OPENCLAW_CONFIG_PATH: '/etc/o.json', OPENCLAW_STATE_DIR: '/state' }, ['/state/media']],
])('looks where the gateway stores files with %j', (env, folders) => {
	expect(mediaFoldersOf('/state', env)).toEqual(folders);
});

it('reads from a media folder that is itself reached by a link', async () => {
	const path = inMedia('a');
	const real = join(gateway.folder, 'disk');
	renameSync(join(gateway.folder, 'media'), real);
	symlinkSync(real, join(gateway.folder, 'media'));
	expect(await get(pathOf(addEvent({ path })))).toMatchObject({ status: 200 });
	const direct = { path: join(real, 'inbound', 'a') };
	expect(await get(pathOf(addEvent(direct)))).toMatchObject({ status: 200 });
});

describe('size', () => {
	it('is bounded by what is asked for', async () => {
		const id = addEvent({ path: inMedia('a') });
		const tooMuch = await get(`${pathOf(id)}?maxBytes=${PDF.length - 1}`);
		expect(tooMuch).toMatchObject({ status: 413, error: 'attachment-too-large' });
		expect((await get(`${pathOf(id)}?maxBytes=${PDF.length}`)).status).toBe(200);
	});

	it('is bounded by what is allowed, whatever is asked for', async () => {
		const path = inMedia('a');
		truncateSync(path, 100 * 1_048_576 + 1);
		const id = addEvent({ path });
		for (const query of ['', '?maxBytes=999999999']) {
			expect((await get(pathOf(id) + query)).status).toBe(413);
		}
	});

	it.each(['0', '-1', '1.5', 'x', ''])('cannot be bounded by %j', async (limit) => {
		const id = addEvent({ path: inMedia('a') });
		const answer = await get(`${pathOf(id)}?maxBytes=${limit}`);
		expect(answer).toMatchObject({ status: 400, error: 'invalid-query' });
	});

	it('may be large: it is handed out piece by piece', async () => {
		const content = Buffer.alloc(8 * 1_048_576, 'piece ');
		const { bytes } = await get(pathOf(addEvent({ path: inMedia('a', content) })));
		expect(bytes.equals(content)).toBe(true);
	});
});

describe('a request that does not end well', () => {
	/** Begins to read a file that is too large for all buffers on the way. */
	const begin = async (path: string) => {
		truncateSync(path, 90 * 1_048_576);
		const { signal, abort } = abortable();
		const response = await fetch(gateway.url + pathOf(addEvent({ path })), {
			headers: { authorization: `Bearer ${tokenFor(['events'])}` },
			signal,
		});
		return { response, abort };
	};
	const abortable = () => {
		const controller = new AbortController();
		const abort = () => {
			controller.abort();
		};
		return { signal: controller.signal, abort };
	};

	it('does not look whole when the file is cut meanwhile', async () => {
		const path = inMedia('a');
		const { response } = await begin(path);
		truncateSync(path, 1);
		await expect(response.arrayBuffer()).rejects.toThrow();
	});

	it('lets the file go when nobody wants it any more, and is no fault', async () => {
		const path = inMedia('a');
		const { response, abort } = await begin(path);
		const isOpen = () =>
			readdirSync('/proc/self/fd').some((name) => {
				try {
					return readlinkSync(`/proc/self/fd/${name}`) === realpathSync(path);
				} catch {
					return false;
				}
			});
		expect(isOpen()).toBe(true);
		abort();
		await response.arrayBuffer().catch(() => undefined);
		await waitFor('the file to be closed', () => !isOpen());
		expect(gateway.log).toEqual([]);
	});
});

describe('the token', () => {
	it.each([
		[401, () => ''],
		[401, () => 'ocw_wrong'],
		[403, () => HOOKS_TOKEN],
		[403, () => tokenFor(['endpoints', 'inbound', 'agents', 'sessions', 'approvals'])],
	])('%i without the scope events', async (status, token) => {
		const id = addEvent({ path: inMedia('a') });
		const answer = await get(pathOf(id), token());
		expect(answer.status).toBe(status);
		expect(answer.bytes.includes(PDF)).toBe(false);
		// Who may not read does not learn what there is.
		expect((await get(pathOf('evt_none'), token())).status).toBe(status);
	});
});

it('is read, not changed', async () => {
	const id = addEvent({ path: inMedia('a') });
	expect(await gateway.ask('DELETE', pathOf(id))).toMatchObject({
		status: 405,
		json: { error: { code: 'method-not-allowed' } },
	});
});

it('tells nobody where the file is', async () => {
	const path = inMedia('hidden-name');
	const id = addEvent({ path });
	const token = tokenFor(['endpoints']);
	const texts = [
		(await get(`/deliveries/${id}`, token)).bytes,
		(await get('/deliveries/export', token)).bytes,
		(await get('/deliveries?text=hidden-name', token)).bytes,
	].map(String);
	expect(texts[0]).toContain(id);
	expect(texts[1]).toContain(id);
	for (const text of texts) expect(text).not.toMatch(/hidden-name|media/);
});
