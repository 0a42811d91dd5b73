import { part } from './element';

const SHOWN_MS = 8000;

/** Tells what came of an action, to eyes and to readers; gone after some seconds. */
export function createNotice(): (text: string, isFault?: boolean) => void {
	const notice = part('notice', HTMLElement);
	let timer = 0;
	return (text, isFault = false) => {
		window.clearTimeout(timer);
		notice.textContent = text;
		notice.dataset.fault = String(isFault);
		timer = window.setTimeout(() => {
			notice.textContent = '';
		}, SHOWN_MS);
	};
}
