import { afterFailure, CLOSED, phaseOf } from '../../../openclaw-plugin/src/delivery/circuit';
import type { Circuit } from '../../../openclaw-plugin/src/delivery/circuit';

const MIDDLE = 0.5;

/** So many failures, each when the circuit lets the next request through. */
function fail(times: number, retryAfterMs?: number): { circuit: Circuit; waits: number[] } {
	let circuit = CLOSED;
	let now = 0;
	const waits: number[] = [];
	for (let time = 0; time < times; time += 1) {
		circuit = afterFailure(circuit, now, retryAfterMs, MIDDLE);
		if (circuit.openUntil !== undefined) {
			waits.push(circuit.openUntil - now);
			now = circuit.openUntil;
		}
	}
	return { circuit, waits };
}

it('opens at the fifth failure in a row, for longer each time, up to five minutes', () => {
	expect(fail(4)).toEqual({ circuit: { failures: 4, openUntil: undefined }, waits: [] });
	expect(fail(13).waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000));
});

it('is half-open when its time is over', () => {
	const { circuit } = fail(5);
	expect(phaseOf(fail(4).circuit, 0)).toBe('closed');
	expect(phaseOf(circuit, 4999)).toBe('open');
	expect(phaseOf(circuit, 5000)).toBe('half-open');
});

it('is not kept open longer by requests that were under way', () => {
	const { circuit } = fail(5);
	expect(afterFailure(circuit, 100, undefined, MIDDLE)).toBe(circuit);
});

it('stays open for what the receiver asks for, five minutes at most', () => {
	expect(fail(5, 60_000).waits).toEqual([60_000]);
	expect(fail(5, 10).waits).toEqual([5000]);
	expect(fail(5, 86_400_000).waits).toEqual([300_000]);
});
