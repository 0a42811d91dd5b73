import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoggedProcess } from '../../testbed/childProcess';
import { run } from '../../testbed/command';
import { startGatewayProgram, waitUntilReady } from '../../testbed/gateway';
import { REPOSITORY } from '../../testbed/packPackage';
import { freePorts } from '../../testbed/ports';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { runtimeEnvironment } from '../../testbed/runtimeEnvironment';
import { removeTemporaryFolder, temporaryFolder } from '../../testbed/temporaryFolder';
import { PLUGIN_FILE_VARIABLE } from './support/pluginFile';

const TIMEOUT_MS = 240_000;
const SETUP = join(REPOSITORY, 'deploy', 'openclaw-setup.sh');

let folder: string;
let gateway: LoggedProcess | undefined;

beforeAll(async () => {
	folder = await temporaryFolder('compose');
	await mkdir(join(folder, 'state'));
});

afterAll(async () => {
	await gateway?.kill();
	await removeTemporaryFolder(folder);
});

it(
	'the set-up of the compose file leads from nothing to a gateway with the plugin, and runs again',
	async () => {
		const runtimes = await ensureRuntimes(silentProgress, { n8n: false });
		const env = runtimeEnvironment(runtimes.nodeFolder, {
			HOME: folder,
			OPENCLAW_STATE_DIR: join(folder, 'state'),
			OPENCLAW_CONFIG_PATH: join(folder, 'state', 'openclaw.json'),
			OPENCLAW_GATEWAY_TOKEN: 'token-of-the-composed-gateway',
			OPENCLAW_PROGRAM: runtimes.openclaw,
			PLUGIN_PACKAGE: `npm-pack:${process.env[PLUGIN_FILE_VARIABLE] ?? ''}`,
		});
		for (let time = 0; time < 2; time += 1) {
			await run({ command: 'sh', args: ['-e', SETUP], cwd: folder, env });
		}
		const [port = 0] = await freePorts(1);
		gateway = await startGatewayProgram({ runtimes, folder, port, env });
		const url = `http://127.0.0.1:${String(port)}`;
		await waitUntilReady(url, gateway);
		expect((await fetch(`${url}/webhooks/inbound`)).status).toBe(401);
		expect((await fetch(`${url}/plugins/event-webhooks/api/endpoints`)).status).toBe(401);
	},
	TIMEOUT_MS,
);
