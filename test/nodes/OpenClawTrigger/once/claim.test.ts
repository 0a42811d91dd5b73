import { claimKey, EventClaims } from '../../../../nodes/OpenClawTrigger/once/claim';

/** How a sender was answered, and that it has been. */
function exchange() {
	return { statusCode: 200, writableEnded: false };
}

test('is given to the first caller only', () => {
	const claims = new EventClaims();
	expect(claims.claim('a', 0)).toBe('first');
	expect(claims.claim('a', 1)).toBe('taken');
	expect(claims.claim('b', 1)).toBe('first');
	expect(claims.has('a')).toBe(true);
	expect(claims.has('c')).toBe(false);
});

test("is remembered through the sender's whole time of trying", () => {
	const claims = new EventClaims();
	const hour = 3_600_000;
	claims.claim('a', 0);
	expect(claims.claim('a', 28 * hour)).toBe('taken');
	expect(claims.claim('a', 30 * hour)).toBe('first');
	expect(claims.claim('a', 31 * hour)).toBe('taken');
	expect(claims.size).toBe(1);
});

test('is open until the sender has been answered, even one that hung up', () => {
	const claims = new EventClaims();
	const first = exchange();
	expect(claims.claim('a', 0, first)).toBe('first');
	expect(claims.claim('a', 1, exchange())).toBe('open');
	claims.close('a');
	expect(claims.claim('a', 2, exchange())).toBe('open');
	first.writableEnded = true;
	expect(claims.claim('a', 3, exchange())).toBe('taken');
});

test('is given again after an answer that makes the sender try again, once', () => {
	const claims = new EventClaims();
	const first = exchange();
	claims.claim('a', 0, first);
	Object.assign(first, { statusCode: 500, writableEnded: true });
	claims.close('a');
	claims.close('never claimed');
	const second = exchange();
	expect(claims.claim('a', 1, second)).toBe('again');
	expect(claims.claim('a', 2, exchange())).toBe('open');
	second.writableEnded = true;
	expect(claims.claim('a', 3, exchange())).toBe('taken');
});

test('is forgotten in time, however it ended', () => {
	const claims = new EventClaims({ retentionMs: 100 });
	claims.claim('a', 0, { statusCode: 500, writableEnded: true });
	expect(claims.claim('a', 100)).toBe('first');
	claims.claim('b', 100, exchange());
	expect(claims.claim('b', 200)).toBe('first');
});

test('makes room above its limits, and for what has expired', () => {
	const claims = new EventClaims({ maxEntries: 2, retentionMs: 100 });
	claims.claim('a', 0);
	claims.claim('b', 1);
	claims.claim('c', 2);
	expect(claims.size).toBe(2);
	expect(claims.claim('b', 3)).toBe('taken');
	expect(claims.claim('d', 200)).toBe('first');
	expect(claims.size).toBe(1);
});

test('takes no more memory for long ids', () => {
	const claims = new EventClaims({ maxCharacters: 10 });
	claims.claim('x'.repeat(6), 0);
	claims.claim('y'.repeat(6), 0);
	expect(claims.size).toBe(1);
});

test('keeps workflows and nodes apart', () => {
	const keys = [
		claimKey('w', 'n', 'evt_1'),
		claimKey('w', 'n', 'evt_2'),
		claimKey('w', 'm', 'evt_1'),
		claimKey('v', 'n', 'evt_1'),
	];
	expect(new Set(keys).size).toBe(4);
});
