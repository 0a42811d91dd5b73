import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findPluginEntry } from '../../../openclaw-plugin/src/settings/gatewayConfig';
import { parseJson5 } from '../../../protocol/json5';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

const README = readFileSync('openclaw-plugin/README.md', 'utf8');
const blocksOf = (language: string) =>
	[...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
		([, block = '']) => block,
	);
let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

it('the call in the README starts the agent, as it is written', async () => {
	const [call = ''] = blocksOf('bash').filter((block) => block.startsWith('curl'));
	const { host } = new URL(gateway.url);
	const token = gateway.bearer({ scopes: ['inbound'], endpoints: ['deploy'] }).authorization;
	// The name in it leads to this gateway, and a proxy of this machine is not asked.
	const script = `curl() { command curl -sS --noproxy '*' --connect-to ::${host} "$@"; }\n${call}`;
	const { stdout } = await promisify(execFile)('bash', ['-c', script], {
		env: { ...process.env, TOKEN: token.replace('Bearer ', '') },
	});

	expect(JSON.parse(stdout)).toMatchObject({ ok: true, message: 'my-app 的 main 分支部署成功' });
});

it('the configuration in the README has no mistake', () => {
	const [first = ''] = blocksOf('json5');
	const parsed = parseJson5(first);
	const settings = readSettings(
		parsed.ok ? findPluginEntry(parsed.value)?.config : 7,
		undefined,
		false,
	);

	expect(settings.faults).toEqual([]);
	expect(settings.endpoints).toHaveLength(1);
});
