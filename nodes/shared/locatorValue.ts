/**
 * What was chosen or typed in a resource locator. n8n saves it with the way it was entered; a text or a
 * list that stands there without one is left as it is.
 *
 * @example
 * locatorValue({ __rl: true, mode: 'list', value: 'main' }); // 'main'
 * locatorValue('main'); // 'main'
 */
export function locatorValue(saved: unknown): unknown {
	const isLocator = typeof saved === 'object' && saved !== null && 'value' in saved;
	return isLocator ? saved.value : saved;
}
