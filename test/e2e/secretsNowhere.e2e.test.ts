import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { capturedEvent } from '../../testbed/capturedEvents';
import { evidenceFolder, rememberedSecrets } from '../../testbed/evidence/evidence';
import { searchFolder, type Search } from '../../testbed/evidence/searchFolder';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import { environment } from './support/environment';
import { readShared } from './support/shared';
import { publishTrigger } from './support/triggerWorkflow';

const { n8n } = environment();
const { n8nFolder, gatewayFolder } = readShared();
const SEARCH_MS = 300_000;

/** All that n8n, gateways and command lines have left in this run: of removed ones and of the shared. */
function searchAll(known: readonly string[]): readonly Search[] {
	const folders = [evidenceFolder() ?? '', n8nFolder, gatewayFolder];
	return folders.map((folder) => searchFolder(folder, known));
}

const findings = (known: readonly string[]) =>
	searchAll(known).flatMap((search) => search.findings);

/** This runs last, over what all the other tests of the run have left behind. */
describe('after everything', () => {
	it(
		'the search sees what stands in an execution and in the log',
		async () => {
			const planted = `canary-${randomBytes(16).toString('hex')}`;
			const hook = await publishTrigger(n8n);
			const event = capturedEvent('message.received', { userId: planted });
			expect((await hook.send({ event })).status).toBe(200);
			await hook.executions(1);

			const seen = findings([planted]).map(({ place }) => place);
			expect(seen).toContainEqual(expect.stringMatching(/^execution-answers\.txt:/));
			if (!isQueueMode()) {
				expect(seen).toContainEqual(expect.stringMatching(/database\.sqlite execution_data/));
			}
			const logs = searchAll([]).flatMap(({ files }) => files.map((file) => basename(file)));
			expect(logs).toEqual(expect.arrayContaining(['gateway.log', 'gateway-details.log']));
			expect(logs.some((name) => /^(?:n8n|main-0)\.log$/.test(name))).toBe(true);
		},
		SEARCH_MS,
	);

	it(
		'no secret stands in execution data, in a log or on a command line',
		() => {
			const known = [...Object.values(GATEWAY_TOKENS), ...rememberedSecrets()];
			expect(known.length).toBeGreaterThan(2);
			expect(findings(known)).toEqual([]);
		},
		SEARCH_MS,
	);
});
