import type { ITriggerFunctions } from 'n8n-workflow';
import { Outage } from '../../../../nodes/OpenClawTrigger/fetch/outage';

const MINUTE_MS = 60_000;
const text = { message: 'The gateway could not be reached', description: 'Start it' };

function open(saves = true) {
	const failures: Error[] = [];
	const lines: string[] = [];
	const context = {
		getNode: () => ({ name: 'Trigger', type: 'trigger' }),
		getWorkflow: () => ({ id: 'w1' }),
		logger: {
			warn: (line: string) => lines.push(line),
			info: (line: string) => lines.push(line),
		},
		...(saves
			? { saveFailedExecution: (error: Error) => failures.push(error) }
			: { emitError: (error: Error) => failures.push(error) }),
	} as unknown as ITriggerFunctions;
	return { context, failures, lines };
}

test('of ten minutes makes one failed execution, and then waits quietly', () => {
	const { context, failures, lines } = open();
	const outage = new Outage();
	for (let minute = 0; minute < 10; minute += 1) {
		outage.goesOn(context, { kind: 'away', text }, minute * MINUTE_MS);
	}
	expect(failures).toEqual([]);
	for (let minute = 10; minute < 100; minute += 1) {
		outage.goesOn(context, { kind: 'away', text }, minute * MINUTE_MS);
	}
	expect(failures.map(({ message }) => message)).toEqual([text.message]);
	expect(lines).toHaveLength(1);
	outage.isOver(context);
	expect(lines).toEqual([
		`OpenClaw Trigger fetches no events at the moment: ${text.message}`,
		'OpenClaw Trigger fetches events again',
	]);
});

test('is told sooner where somebody has to change something', () => {
	const { context, failures } = open();
	const outage = new Outage();
	outage.goesOn(context, { kind: 'refused', text }, 0);
	outage.goesOn(context, { kind: 'refused', text }, MINUTE_MS);
	expect(failures).toHaveLength(1);
	expect(outage.hasBeenTold).toBe(true);
});

test('is told in an earlier n8n by what that has', () => {
	const { context, failures } = open(false);
	const outage = new Outage();
	outage.goesOn(context, { kind: 'away', text }, 0);
	outage.goesOn(context, { kind: 'away', text }, 10 * MINUTE_MS);
	expect(failures).toHaveLength(1);
});

test.each([
	['away', [1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000]],
	['refused', [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]],
] as const)('waits longer from try to try, but not for long: %s', (kind, expected) => {
	const { context } = open();
	const outage = new Outage();
	const pauses = Array.from({ length: 8 }, () => outage.goesOn(context, { kind, text }, 0));
	expect(pauses).toEqual(expected);
	outage.isOver(context);
	expect(outage.goesOn(context, { kind: 'away', text }, 0)).toBe(1000);
});

test('is not cut short by a clock that is set back', () => {
	const { context, failures } = open();
	const outage = new Outage();
	outage.goesOn(context, { kind: 'away', text }, 100 * MINUTE_MS);
	outage.goesOn(context, { kind: 'away', text }, 0);
	outage.goesOn(context, { kind: 'away', text }, 9 * MINUTE_MS);
	expect(failures).toEqual([]);
});
