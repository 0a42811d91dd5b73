import { EventReservations, reservationKey } from '../../../nodes/OpenClawTrigger/deduplication';

test('gives a reservation to the first caller only', () => {
	const reservations = new EventReservations();
	expect(reservations.reserve('a', 0)).toBe('first');
	expect(reservations.reserve('a', 1)).toBe('taken');
	expect(reservations.reserve('b', 1)).toBe('first');
});

test("remembers through the sender's whole time of trying", () => {
	const reservations = new EventReservations();
	const hour = 3_600_000;
	reservations.reserve('a', 0);
	expect(reservations.reserve('a', 28 * hour)).toBe('taken');
	expect(reservations.reserve('a', 30 * hour)).toBe('first');
	expect(reservations.reserve('a', 31 * hour)).toBe('taken');
	expect(reservations.size).toBe(1);
});

test('gives a released reservation again, once', () => {
	const reservations = new EventReservations();
	reservations.reserve('a', 0);
	reservations.release('a');
	reservations.release('never reserved');
	expect(reservations.reserve('a', 1)).toBe('again');
	expect(reservations.reserve('a', 2)).toBe('taken');
});

test('forgets in time that a reservation was released', () => {
	const reservations = new EventReservations({ retentionMs: 100 });
	reservations.reserve('a', 0);
	reservations.release('a');
	expect(reservations.reserve('a', 100)).toBe('first');
});

test('drops the oldest above its limits, and what has expired', () => {
	const reservations = new EventReservations({ maxEntries: 2, retentionMs: 100 });
	reservations.reserve('a', 0);
	reservations.reserve('b', 1);
	reservations.reserve('c', 2);
	expect(reservations.size).toBe(2);
	expect(reservations.reserve('b', 3)).toBe('taken');
	expect(reservations.reserve('d', 200)).toBe('first');
	expect(reservations.size).toBe(1);
});

test('does not grow with the length of the ids', () => {
	const reservations = new EventReservations({ maxCharacters: 10 });
	reservations.reserve('x'.repeat(6), 0);
	reservations.reserve('y'.repeat(6), 0);
	expect(reservations.size).toBe(1);
});

test('keeps workflows and nodes apart', () => {
	const keys = [
		reservationKey('w', 'n', 'evt_1'),
		reservationKey('w', 'n', 'evt_2'),
		reservationKey('w', 'm', 'evt_1'),
		reservationKey('v', 'n', 'evt_1'),
	];
	expect(new Set(keys).size).toBe(4);
});
