import { BoundedMap } from '../../../openclaw-plugin/src/events/boundedMap';

let now = 0;

const createMap = (limit: number, keptMs: number) =>
	new BoundedMap<string | undefined>({ limit, keptMs }, () => now);

beforeEach(() => {
	now = 1000;
});

it('holds so many entries, the youngest ones', () => {
	const map = createMap(2, 100);
	for (const key of ['a', 'b', 'a', 'c']) map.set(key, key);

	expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual(['a', undefined, 'c']);
	expect(map.size).toBe(2);
});

it('holds them so long', () => {
	const map = createMap(10, 100);
	map.set('a', 'a');
	now += 99;
	expect([map.get('a'), map.has('a')]).toEqual(['a', true]);
	now += 1;

	expect([map.get('a'), map.has('a'), map.delete('a')]).toEqual([undefined, false, false]);
	expect(map.size).toBe(0);
});

it('drops what is old when something is added', () => {
	const map = createMap(10, 100);
	map.set('a', 'a');
	now += 100;
	map.set('b', 'b');

	expect(map.size).toBe(1);
});

it('tells an entry without a value from none', () => {
	const map = createMap(10, 100);
	map.set('a', undefined);

	expect([map.has('a'), map.delete('a'), map.delete('a')]).toEqual([true, true, false]);
});
