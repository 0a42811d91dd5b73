import {
	createHookRecorder,
	findSilentHooks,
	readHooksSeen,
} from '../../../openclaw-plugin/src/health/hooksSeen';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
let folder: string;
let database: ReturnType<typeof openDatabase>;

beforeEach(async () => {
	jest.useFakeTimers({ now: NOW, doNotFake: ['performance'] });
	folder = await temporaryFolder('hooks');
	database = openDatabase(folder);
});

afterEach(async () => {
	database.close();
	jest.useRealTimers();
	await removeTemporaryFolder(folder);
});

/** The gateway as one version, in a process of its own. */
const gateway = (gatewayVersion: string) => {
	const seen = createHookRecorder({
		database,
		folder: `${folder}/${gatewayVersion}`,
		gatewayVersion,
	});
	return (calls: Record<string, number>) => {
		for (const [hook, count] of Object.entries(calls)) {
			for (let call = 0; call < count; call += 1) seen(hook);
		}
		jest.advanceTimersByTime(60_000);
	};
};

it('writes the first call of a hook at once, and the others within a minute', () => {
	const seen = createHookRecorder({ database, folder, gatewayVersion: '2026.9.5' });
	seen('message_sent');
	expect(readHooksSeen(database)).toBeUndefined();
	jest.advanceTimersByTime(100);
	expect(readHooksSeen(database)).toEqual({
		current: { version: '2026.9.5', since: NOW + 100, calls: { message_sent: 1 } },
		lastAt: { message_sent: NOW },
	});

	jest.advanceTimersByTime(1000);
	for (let call = 0; call < 50; call += 1) seen('message_sent');
	jest.advanceTimersByTime(59_000);
	expect(readHooksSeen(database)?.current.calls).toEqual({ message_sent: 1 });
	jest.advanceTimersByTime(1000);
	expect(readHooksSeen(database)).toMatchObject({
		current: { calls: { message_sent: 51 } },
		lastAt: { message_sent: NOW + 1100 },
	});
});

it('finds a hook that an upgrade has silenced, once it was to be expected', () => {
	gateway('2026.9.5')({ message_sent: 100, llm_output: 100, session_end: 1 });
	const upgraded = gateway('2026.9.6');
	upgraded({ message_sent: 15 });
	expect(findSilentHooks(readHooksSeen(database) ?? never())).toEqual([]);

	upgraded({ message_sent: 15 });
	expect(findSilentHooks(readHooksSeen(database) ?? never())).toEqual([
		{
			hook: 'llm_output',
			previous: expect.objectContaining({ version: '2026.9.5' }) as unknown,
			current: expect.objectContaining({ version: '2026.9.6' }) as unknown,
			calls: 100,
			others: 30,
		},
	]);

	upgraded({ llm_output: 1 });
	expect(findSilentHooks(readHooksSeen(database) ?? never())).toEqual([]);
});

it('counts on over a restart, and compares with the version before', () => {
	gateway('2026.9.5')({ a: 100, b: 100 });
	createHookRecorder({ database, folder: `${folder}/again`, gatewayVersion: '2026.9.5' })('a');
	jest.advanceTimersByTime(60_000);
	expect(readHooksSeen(database)?.current).toMatchObject({ calls: { a: 101, b: 100 } });

	gateway('2026.9.6')({ a: 1 });
	gateway('2026.9.7')({ b: 40 });
	// The one in between hardly ran.
	expect(readHooksSeen(database)?.previous).toMatchObject({ version: '2026.9.5' });
	gateway('2026.9.8')({ b: 1 });
	expect(readHooksSeen(database)?.previous).toMatchObject({ version: '2026.9.7' });
});

it('costs a hook next to nothing, and survives a database that cannot be written', () => {
	const seen = createHookRecorder({ database, folder, gatewayVersion: '2026.9.5' });
	seen('a');
	database.exec('ALTER TABLE meta RENAME TO other');
	expect(() => {
		jest.advanceTimersByTime(60_000);
	}).not.toThrow();
	database.exec('ALTER TABLE other RENAME TO meta');
	seen('a');
	jest.advanceTimersByTime(60_000);
	expect(readHooksSeen(database)?.current.calls).toEqual({ a: 2 });
});

function never(): never {
	throw new Error('Nothing was written');
}
