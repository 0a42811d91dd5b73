import { openApprovalTable } from '../../../openclaw-plugin/src/approvals/approvalTable';
import { OutboxFullError } from '../../../openclaw-plugin/src/outbox/outbox';
import { createApprovals } from '../../../openclaw-plugin/src/approvals/approvals';
import { at } from '../../../testbed/json';
import { approvalsHarness } from './support/approvalsHarness';
import type { ApprovalsHarness } from './support/approvalsHarness';

const VIA = { via: 'cli' };
const ALLOW = { decision: 'allow' };

let harness: ApprovalsHarness;

beforeEach(async () => {
	harness = await approvalsHarness([{ name: 'commands', tools: ['exec'] }]);
});

afterEach(async () => {
	harness.stop('gateway stopping');
	await harness.remove();
});

function ask(...given: Parameters<ApprovalsHarness['call']>): string {
	void harness.call(...given);
	return harness.waiting()[0] ?? '';
}

const resolutions = () =>
	harness
		.events()
		.filter(({ type }) => type === 'approval.resolved')
		.map((event) => at(event, 'data', 'approval', 'decision'));

describe('of two decisions', () => {
	it('the first counts, and the second learns of it', () => {
		const id = ask();
		expect(harness.elsewhere.decide(id, { decision: 'deny', by: 'Ada' }, VIA)).toMatchObject({
			ok: true,
		});
		expect(harness.approvals.decide(id, { ...ALLOW, by: 'Bob' }, VIA)).toMatchObject({
			ok: false,
			refused: {
				code: 'already-decided',
				message: expect.stringMatching(
					/^The tool call was denied already by Ada at \d{4}-/,
				) as unknown,
				approval: { state: 'denied', by: 'Ada' },
			},
		});
		expect(resolutions()).toEqual(['deny']);
	});

	it('the same request may be repeated, and another one that says the same may not', () => {
		const id = ask();
		const decide = (decision: string, key?: string) =>
			harness.approvals.decide(id, { decision }, { ...VIA, key });
		expect(decide('allow', 'key-1').ok).toBe(true);
		expect(decide('allow', 'key-1')).toMatchObject({ ok: true, approval: { state: 'allowed' } });
		expect(decide('deny', 'key-1').ok).toBe(false);
		expect(decide('allow', 'key-2').ok).toBe(false);
		expect(decide('allow').ok).toBe(false);
		expect(resolutions()).toEqual(['allow']);
	});
});

it('a decision about other parameters does not count, and the call goes on waiting', () => {
	const id = ask();
	const paramsHash = harness.approvals.find(id)?.paramsHash ?? '';
	expect(
		harness.approvals.decide(id, { ...ALLOW, paramsHash: `${paramsHash}0` }, VIA),
	).toMatchObject({ ok: false, refused: { code: 'other-parameters', path: 'paramsHash' } });
	expect(harness.waiting()).toEqual([id]);
	expect(harness.approvals.decide(id, { ...ALLOW, paramsHash }, VIA)).toMatchObject({ ok: true });
});

it.each<[unknown, string | undefined]>([
	['allow', undefined],
	[{}, 'decision'],
	[{ decision: 'allowed' }, 'decision'],
	[{ decision: 'allow', by: 7 }, 'by'],
	[{ decision: 'allow', by: 'x'.repeat(201) }, 'by'],
	[{ decision: 'deny', reason: {} }, 'reason'],
	[{ decision: 'allow', unless: 'late' }, 'unless'],
])('%j is no decision', (request, path) => {
	const id = ask();
	const decided = harness.approvals.decide(id, request, VIA);
	expect(decided).toMatchObject({ ok: false, refused: { code: 'invalid-decision' } });
	expect(decided.ok ? undefined : decided.refused.path).toBe(path);
	expect(harness.waiting()).toEqual([id]);
});

it('a decision on nothing is refused', () => {
	expect(harness.approvals.decide('apr_1', ALLOW, VIA)).toMatchObject({
		ok: false,
		refused: { code: 'unknown-approval' },
	});
});

describe('a gateway that starts', () => {
	/** As a gateway that was killed leaves it. */
	const leave = (id: string) => {
		const table = openApprovalTable(harness.database);
		const request = table.find(id)?.request;
		if (request === undefined) throw new Error(id);
		const left = { ...request, approval: { ...request.approval, id: `${id}x` } };
		table.insert(left, Date.now(), Date.now() + 60_000);
		return `${id}x`;
	};

	it('denies what waited in the one before, and tells it', () => {
		const id = ask();
		const orphan = leave(id);
		expect(harness.approvals.closeOrphans()).toBe(1);
		expect(harness.waiting()).toEqual([id]);
		expect(harness.approvals.find(orphan)).toMatchObject({ state: 'denied', cause: 'restarted' });
		expect(at(harness.events().at(-1), 'data', 'approval')).toMatchObject({
			id: orphan,
			decision: 'deny',
			cause: 'restarted',
			reason: 'The gateway was stopped while the call waited',
		});
		expect(harness.approvals.closeOrphans()).toBe(0);
	});

	it('lets nobody allow what no call waits for any more', () => {
		const orphan = leave(ask());
		expect(harness.approvals.decide(orphan, ALLOW, VIA)).toMatchObject({
			ok: false,
			refused: { code: 'approval-ended', approval: { cause: 'restarted' } },
		});
	});
});

it('a decision counts although there is no room to tell it', () => {
	const id = ask();
	const log: string[] = [];
	const approvals = createApprovals({
		folder: harness.folder,
		database: harness.database,
		outbox: {
			append: () => {
				throw new OutboxFullError('The outbox is full');
			},
		},
		instanceId: 'node-1',
		logger: { error: (line) => void log.push(line) },
		isGateway: true,
	});
	expect(approvals.decide(id, { decision: 'deny' }, VIA)).toMatchObject({ ok: true });
	expect(log).toEqual([`The decision on ${id} is not told: The outbox is full`]);
});

it('what was decided is forgotten when it is old', () => {
	const id = ask();
	harness.approvals.decide(id, ALLOW, VIA);
	const waiting = ask();
	harness.database.prepare('UPDATE clock SET day = day + 15').run();
	harness.approvals.forget(14);
	expect(harness.approvals.list().map((approval) => approval.id)).toEqual([waiting]);
});

it('the list has what waits first, then the newest', () => {
	const [first, second, third] = [ask(), ask(), ask()];
	harness.approvals.decide(second, ALLOW, VIA);
	harness.approvals.decide(first, { decision: 'deny' }, VIA);
	expect(harness.approvals.list().map(({ id }) => id)).toEqual([third, second, first]);
	expect(harness.approvals.list({ limit: 1 }).map(({ id }) => id)).toEqual([third]);
	expect(harness.approvals.list({ state: 'denied' }).map(({ id }) => id)).toEqual([first]);
});
