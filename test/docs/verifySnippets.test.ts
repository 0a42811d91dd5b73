import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { signEvent } from '../../protocol/sign';

const SNIPPETS = join(__dirname, '../../docs/verify');
const SECRET = 'whsec_密钥🔑';
const BODY = JSON.stringify({ id: 'evt_1', data: { message: { content: '你好 🚨\u2028' } } });

/** Reads `{headers, body (Base64), secret}` from standard input and prints the verdict. */
const LANGUAGES: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
	JavaScript: [
		process.execPath,
		'--input-type=module',
		'-e',
		`import { readFileSync } from 'node:fs';
		const { verify } = await import(process.env.SNIPPETS + '/verify.mjs');
		const { headers, body, secret } = JSON.parse(readFileSync(0, 'utf8'));
		console.log(verify(headers, Buffer.from(body, 'base64'), secret));`,
	],
	Python: [
		'python3',
		'-c',
		`import base64, json, os, sys
sys.path.insert(0, os.environ["SNIPPETS"])
from verify import verify
r = json.load(sys.stdin)
print(str(verify(r["headers"], base64.b64decode(r["body"]), r["secret"])).lower())`,
	],
	PHP: [
		'php',
		'-r',
		`require getenv('SNIPPETS') . '/verify.php';
		$r = json_decode(stream_get_contents(STDIN), true);
		echo json_encode(verify($r['headers'], base64_decode($r['body']), $r['secret']));`,
	],
	Ruby: [
		'ruby',
		'-rjson',
		'-e',
		`require ENV['SNIPPETS'] + '/verify.rb'
		r = JSON.parse(STDIN.read)
		puts verify(r['headers'], r['body'].unpack1('m'), r['secret'])`,
	],
};

function isHere([command]: readonly [string, ...string[]]): boolean {
	return spawnSync(command, ['--version']).status === 0;
}

function verdict(
	[command, ...args]: readonly [string, ...string[]],
	request: { headers: Readonly<Record<string, string>>; body: string; secret: string },
): string {
	const input = JSON.stringify({
		...request,
		body: Buffer.from(request.body).toString('base64'),
	});
	const env = { ...process.env, SNIPPETS, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };
	const run = spawnSync(command, args, { input, env, encoding: 'utf8' });
	if (run.status !== 0) throw new Error(run.stderr);
	return run.stdout.trim();
}

function signed(secret: string | readonly string[] = SECRET, timestamp?: number) {
	const headers = signEvent({
		id: 'evt_1',
		body: BODY,
		secret,
		...(timestamp === undefined ? {} : { timestamp }),
	});
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
	);
}

const languages = Object.entries(LANGUAGES);

describe.each(languages)('the snippet in %s', (_, command) => {
	const test = isHere(command) ? it : it.skip;
	const now = Math.floor(Date.now() / 1000);

	test('accepts what was signed', () => {
		expect(verdict(command, { headers: signed(), body: BODY, secret: SECRET })).toBe('true');
	});

	test('accepts one of several signatures', () => {
		const headers = signed(['old', SECRET]);
		expect(verdict(command, { headers, body: BODY, secret: SECRET })).toBe('true');
	});

	test.each([
		['a changed body', { headers: signed(), body: `${BODY} `, secret: SECRET }],
		['another secret', { headers: signed(), body: BODY, secret: 'whsec_other' }],
		['an empty secret', { headers: signed(), body: BODY, secret: '' }],
		['no headers', { headers: {}, body: BODY, secret: SECRET }],
		['an old timestamp', { headers: signed(SECRET, now - 400), body: BODY, secret: SECRET }],
		['a timestamp ahead', { headers: signed(SECRET, now + 400), body: BODY, secret: SECRET }],
		[
			'a timestamp with letters',
			{
				headers: { ...signed(), 'x-openclaw-timestamp': `${String(now)}abc` },
				body: BODY,
				secret: SECRET,
			},
		],
		[
			'a signature in capitals',
			{
				headers: Object.fromEntries(
					Object.entries(signed()).map(([name, value]) => [
						name,
						name === 'x-openclaw-signature' ? value.toUpperCase() : value,
					]),
				),
				body: BODY,
				secret: SECRET,
			},
		],
	])('refuses %s', (_situation, request) => {
		expect(verdict(command, request)).toBe('false');
	});
});

describe('the machine that tests', () => {
	it('knows at least two of the languages', () => {
		expect(languages.filter(([, command]) => isHere(command)).length).toBeGreaterThan(1);
	});
});
