import { getEventListeners } from 'node:events';
import { onAbort } from '../../../openclaw-plugin/src/delivery/onAbort';

it('calls all that still wait, with one listener for them', () => {
	const abort = new AbortController();
	const called: string[] = [];
	onAbort(abort.signal, () => called.push('first'));
	const forget = onAbort(abort.signal, () => called.push('second'));
	onAbort(abort.signal, () => called.push('third'));
	onAbort(new AbortController().signal, () => called.push('another signal'));
	expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
	forget();
	abort.abort();
	expect(called).toEqual(['first', 'third']);
});
