import { join } from 'node:path';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { compileProgram, runAndKill } from './support/program';

const KILLS = 20;
const folder = useFolder();

it(`has every accepted event after ${KILLS} kills of the process`, async () => {
	const program = compileProgram(join(__dirname, 'support', 'appendForever.ts'), folder.path);
	const data = join(folder.path, 'data');
	const accepted: string[] = [];
	for (let kill = 0; kill < KILLS; kill += 1) {
		accepted.push(...(await runAndKill(program, [data], Math.random() * 150)));
	}
	const database = openDatabase(data);
	const waiting = database
		.prepare(
			`SELECT e.id, count(*) AS n FROM events e JOIN deliveries d ON d.event_seq = e.seq
			WHERE d.state = 'pending' GROUP BY e.seq`,
		)
		.all();
	const deliveries = new Map(waiting.map(({ id, n }) => [id, n]));
	const missing = accepted.filter((id) => deliveries.get(id) !== 2);
	expect(accepted.length).toBeGreaterThan(KILLS * 10);
	expect(missing).toEqual([]);
	// What was written but not reported any more may be there too: one event for each kill.
	expect(countRows(database, 'events')).toBeLessThanOrEqual(accepted.length + KILLS);
	expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
	expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
	database.close();
}, 120_000);
