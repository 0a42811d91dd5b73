import { join } from 'node:path';
import { startHttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { someEndpoint } from '../outbox/support/endpoints';
import { compileProgram, runAndKill } from '../outbox/support/program';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { startDeliveries } from './support/deliveries';

const KILLS = 10;
/** Under way, or answered and not written yet, when the process is killed. */
const MOST_DUPLICATES = 2 * 3;
const folder = useFolder();
let onEnd: () => Promise<void> = () => Promise.resolve();

afterEach(async () => onEnd());

it(`delivers every accepted event, hardly any twice, over ${KILLS} kills of the process`, async () => {
	const sink = await startHttpSink();
	onEnd = async () => sink.stop();
	const program = compileProgram(join(__dirname, 'support', 'deliverForever.ts'), folder.path);
	const data = join(folder.path, 'data');
	const accepted: string[] = [];
	for (let kill = 0; kill < KILLS; kill += 1) {
		accepted.push(...(await runAndKill(program, [data, sink.url], 50 + Math.random() * 200)));
	}
	const endpoint = someEndpoint({ name: 'crm', url: sink.url, concurrency: 10 });
	const deliveries = await startDeliveries(data, { endpoints: [endpoint] });
	onEnd = async () => {
		await deliveries.stop();
		await sink.stop();
	};
	await waitFor(
		'the rest',
		() => countRows(deliveries.store, 'deliveries', "state <> 'delivered'") === 0,
	);
	const received = sink.requests.map(({ json }) => (json as { id: string }).id);
	const distinct = new Set(received);
	expect(accepted.length).toBeGreaterThan(KILLS * 10);
	expect(accepted.filter((id) => !distinct.has(id))).toEqual([]);
	expect(received.length - distinct.size).toBeLessThanOrEqual(KILLS * MOST_DUPLICATES);
}, 120_000);
