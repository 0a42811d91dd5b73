import type { Settlement } from '../../../../nodes/OpenClawTrigger/fetch/gateway';
import { Settlements } from '../../../../nodes/OpenClawTrigger/fetch/settlements';

/** A gateway that is away: what it was to be told stays. */
const away = async () => await Promise.resolve({ kind: 'away' as const });

function told(...news: readonly Settlement['outcome'][]): readonly Settlement[] {
	const settlements = new Settlements();
	for (const outcome of news) settlements.add({ delivery: 'dlv_1', outcome }, away, 60_000);
	return settlements.take();
}

beforeEach(() => {
	jest.useFakeTimers();
});

afterEach(() => {
	jest.useRealTimers();
});

it.each([
	[['started', 'done'], 'done'],
	[['released', 'started'], 'started'],
	[['released', 'done'], 'done'],
	[['done', 'released'], 'done'],
	[['failed', 'done'], 'failed'],
] as const)('of %j tells %s', (news, outcome) => {
	expect(told(...news)).toEqual([{ delivery: 'dlv_1', outcome }]);
});
