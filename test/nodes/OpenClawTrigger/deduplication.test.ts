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

describe('the proof that an event cannot have run before', () => {
	const START = 1_000;
	const HOUR = 3_600_000;
	const create = (limits = {}) => new EventReservations(limits, () => START);

	test('is given once, for events that are later than the start', () => {
		const reservations = create();
		reservations.reserve('later', START + 2, START + 1);
		reservations.reserve('earlier', START + 2, START);
		reservations.reserve('of unknown time', START + 2);
		expect(reservations.takeProof('later')).toBe(true);
		expect(reservations.takeProof('later')).toBe(false);
		expect(reservations.takeProof('earlier')).toBe(false);
		expect(reservations.takeProof('of unknown time')).toBe(false);
		expect(reservations.takeProof('not reserved here')).toBe(false);
	});

	test('needs a memory of every event since: some had to make room', () => {
		const reservations = create({ maxEntries: 2 });
		const times = [START + 10, START + 20, START + 30, START + 40];
		for (const time of times) reservations.reserve(`at ${time}`, time);
		reservations.reserve('could be the one of 20', START + 50, START + 20);
		expect(reservations.takeProof('could be the one of 20')).toBe(false);
		reservations.reserve('after all that are forgotten', START + 51, START + 41);
		expect(reservations.takeProof('after all that are forgotten')).toBe(true);
	});

	test('needs a memory of the event itself: its time of being remembered is over', () => {
		const reservations = create();
		const happened = START + 1;
		reservations.reserve('a', START + 2, happened);
		expect(reservations.takeProof('a')).toBe(true);
		expect(reservations.reserve('a', START + 30 * HOUR + 2, happened)).toBe('first');
		expect(reservations.takeProof('a')).toBe(false);
	});

	test('is given again to an event whose first run failed', () => {
		const reservations = create();
		reservations.reserve('a', START + 2, START + 1);
		reservations.takeProof('a');
		reservations.release('a');
		expect(reservations.reserve('a', START + 3, START + 1)).toBe('again');
		expect(reservations.takeProof('a')).toBe(true);
	});

	test('is never given again once another process has shown up', () => {
		const reservations = create();
		reservations.proveNothingMore();
		reservations.reserve('a', START + 2, START + 1);
		expect(reservations.takeProof('a')).toBe(false);
	});
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
