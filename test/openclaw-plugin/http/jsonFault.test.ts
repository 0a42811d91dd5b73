import fc from 'fast-check';
import { findJsonFault } from '../../../openclaw-plugin/src/http/jsonFault';

describe('findJsonFault', () => {
	it('finds a fault exactly where JSON.parse finds one', () => {
		fc.assert(
			fc.property(
				fc.json(),
				fc.nat(),
				fc.constantFrom('', ',', '"', '}', 'x', '0'),
				(json, at, cut) => {
					const offset = at % (json.length + 1);
					const text = json.slice(0, offset) + cut + json.slice(offset + (cut === '' ? 1 : 0));
					let isValid = true;
					try {
						JSON.parse(text);
					} catch {
						isValid = false;
					}
					expect(findJsonFault(text) === undefined).toBe(isValid);
				},
			),
			{ numRuns: 2000 },
		);
	});
});
