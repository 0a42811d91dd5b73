import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../conformance/src/cli';
import { verifyEvent } from '../../protocol';
import { buildConformance } from '../../scripts/conformance/bundle';
import { readBody, startLocalServer, type LocalServer } from '../../testbed/localServer';
import { removeTemporaryFolder, temporaryFolder } from '../../testbed/temporaryFolder';
import { answerTo, SECRET } from './support/receiver';

jest.setTimeout(60_000);

let server: LocalServer;
beforeAll(async () => {
	server = await startLocalServer((message, response) => {
		void readBody(message).then((body) => {
			const { headers } = message;
			const isGenuine = verifyEvent({ headers, body, secret: SECRET }).ok;
			const status = isGenuine ? answerTo(body.toString()) : 401;
			response.writeHead(message.url === '/open' ? 200 : status).end(SECRET);
		});
	});
});
afterAll(async () => server.close());

async function run(...args: readonly string[]) {
	const lines: string[] = [];
	const code = await runCommand(args, {
		environment: {},
		print: (line) => lines.push(line),
		complain: (line) => lines.push(line),
		signal: new AbortController().signal,
	});
	return { code, text: lines.join('\n') };
}

const SOME = ['--only', 'with another secret', '--only', 'that is stale', '--only', 'of 200 KB'];

it('prints a table, and ends with 0 where nothing is wrong', async () => {
	const { code, text } = await run(server.url, '--secret', SECRET, ...SOME);
	expect(text).toMatch(/^✔ of 200 KB +200$/m);
	expect(text).toMatch(/^✔ with another secret +401$/m);
	expect(text).toContain('Conforms: 3 right');
	expect(code).toBe(0);
});

it('ends with 1 where something is, and tells no secret', async () => {
	const { code, text } = await run(`${server.url}/open`, '--secret', SECRET, ...SOME);
	expect(text).toMatch(/^✖ that is stale +200 {2}ACCEPTED WRONGLY$/m);
	expect(text).toContain('Does not conform: 1 right, 2 accepted wrongly');
	expect(text).not.toContain(SECRET);
	expect(code).toBe(1);
});

it('gives the results as JSON', async () => {
	const { text } = await run(`${server.url}/open`, '--secret', SECRET, '--json', '--only', 'stale');
	expect(JSON.parse(text)).toMatchObject({
		ok: false,
		results: [{ name: 'that is stale', verdict: 'accepted wrongly', answers: [200] }],
	});
});

it.each([
	[[], /--secret is missing/],
	[['--secret', ' ', 'http://127.0.0.1'], /--secret is missing/],
	[['--secret', SECRET], /URL of the receiver, or --sink, is missing/],
	[['--secret', SECRET, 'ftp://127.0.0.1'], /starts with http/],
	[['--secret', SECRET, 'http://a', 'http://b'], /one URL only/],
	[['--secret', SECRET, 'http://a', '--sink', '1'], /not both/],
	[['--secret', SECRET, '--sink', '65536'], /--sink must be a whole number/],
	[['--secret', SECRET, '--sink', '1', '--answer', '200,abc'], /--answer must be/],
	[['--secret', SECRET, '--sink', '1', '--count', '0'], /--count must be/],
	[['--secret', SECRET, 'http://a', '--tolerance', '1.5'], /--tolerance must be/],
	[['--secret', SECRET, 'http://a', '--only', 'nonsense'], /No case has 'nonsense' in its name/],
	[['--secret', SECRET, 'http://a', '--unheard-of'], /--unheard-of/],
])('%# ends with 2 for wrong usage, and says what is wrong', async (args, message) => {
	const { code, text } = await run(...args);
	expect(text).toMatch(message);
	expect(text).not.toContain(SECRET);
	expect(code).toBe(2);
});

it('says how it is used', async () => {
	const { code, text } = await run('--help');
	expect(text).toMatch(/^Usage:/);
	expect(code).toBe(0);
});

it('runs by itself once it is built', async () => {
	const folder = await temporaryFolder('conformance-kit');
	try {
		cpSync(join(__dirname, '../../conformance/package.json'), join(folder, 'package.json'));
		buildConformance(folder);
		const file = join(folder, 'dist', 'index.js');
		// A port on which nothing listens.
		const args = [file, 'http://127.0.0.1:9/', '--only', 'stale', '--json'];
		const env = { ...process.env, OPENCLAW_SECRET: SECRET };
		const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
		expect(stderr).toBe('');
		expect(JSON.parse(stdout)).toMatchObject({ ok: false, results: [{ verdict: 'unknown' }] });
		expect(status).toBe(1);
	} finally {
		await removeTemporaryFolder(folder);
	}
});
