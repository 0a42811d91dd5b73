import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { answerTo, SECRET, tryReceiver, type Received } from '../conformance/support/receiver';

const SNIPPETS = join(__dirname, '../../docs/verify');
/** What the server in front of a snippet takes. */
const MAX_BYTES = 1_000_000;

/** Reads `{headers, body (Base64), secret}` from each line of standard input and prints the verdict. */
const LANGUAGES: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
	JavaScript: [
		process.execPath,
		'--input-type=module',
		'-e',
		`import { createInterface } from 'node:readline';
		const { verify } = await import(process.env.SNIPPETS + '/verify.mjs');
		for await (const line of createInterface({ input: process.stdin })) {
			const { headers, body, secret } = JSON.parse(line);
			console.log(verify(headers, Buffer.from(body, 'base64'), secret));
		}`,
	],
	Python: [
		'python3',
		'-c',
		`import base64, json, os, sys
sys.path.insert(0, os.environ["SNIPPETS"])
from verify import verify
for line in sys.stdin:
    r = json.loads(line)
    print(str(verify(r["headers"], base64.b64decode(r["body"]), r["secret"])).lower(), flush=True)`,
	],
	PHP: [
		'php',
		'-r',
		`require getenv('SNIPPETS') . '/verify.php';
		while (($line = fgets(STDIN)) !== false) {
			$r = json_decode($line, true);
			echo json_encode(verify($r['headers'], base64_decode($r['body']), $r['secret'])), "\\n";
		}`,
	],
	Ruby: [
		'ruby',
		'-rjson',
		'-e',
		`require ENV['SNIPPETS'] + '/verify.rb'
		STDOUT.sync = true
		STDIN.each_line do |line|
			r = JSON.parse(line)
			puts verify(r['headers'], r['body'].unpack1('m'), r['secret'])
		end`,
	],
};

/** A program that verifies one request after the other. */
function start([command, ...args]: readonly [string, ...string[]]) {
	const env = { ...process.env, SNIPPETS, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' };
	const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const ended = new Promise<void>((resolve) =>
		child.once('close', () => {
			resolve();
		}),
	);
	return {
		verify: async ({ headers, body }: Received): Promise<boolean> => {
			const request = { headers, body: body.toString('base64'), secret: SECRET };
			child.stdin.write(`${JSON.stringify(request)}\n`);
			const line = await lines.next();
			if (line.done === true) throw new Error(`${command} has ended`);
			return line.value === 'true';
		},
		stop: async () => {
			child.stdin.end();
			await ended;
		},
	};
}

describe.each(Object.entries(LANGUAGES))('a receiver with the snippet in %s', (_, command) => {
	const test = spawnSync(command[0], ['--version']).status === 0 ? it : it.skip;

	test('conforms', async () => {
		const program = start(command);
		try {
			const results = await tryReceiver(async (received) => {
				if (received.body.length > MAX_BYTES) return 413;
				return (await program.verify(received)) ? answerTo(received.body.toString()) : 401;
			});
			expect(results.filter(({ verdict }) => verdict !== 'right' && verdict !== 'told')).toEqual(
				[],
			);
			expect(results.length).toBeGreaterThan(50);
		} finally {
			await program.stop();
		}
	}, 60_000);
});
