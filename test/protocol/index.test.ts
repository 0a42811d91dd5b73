import * as library from '../../index';
import * as protocol from '../../protocol';
import * as signature from '../../protocol/signature';

describe('the library', () => {
	it.each([
		'verifyEvent',
		'signEvent',
		'renderTemplate',
		'parseTemplate',
		'parseConfig',
		'parseEvent',
		'createEventId',
	])('has %s', (name) => {
		expect(Object.entries(library)).toContainEqual([name, expect.any(Function)]);
	});

	it('takes all of it from the protocol', () => {
		const known = new Map(Object.entries(protocol));
		for (const [name, value] of Object.entries(library)) {
			if (known.has(name)) expect(value).toBe(known.get(name));
		}
		for (const [name, value] of Object.entries(signature)) expect(known.get(name)).toBe(value);
	});
});
