import type { Trouble } from '../../health/troubles';
import { element, part } from './element';

/** Shows what is wrong with the plugin, above everything else. */
export function createFaultList(): (faults: readonly Trouble[]) => void {
	const section = part('faults', HTMLElement);
	let shown = '';
	return (faults) => {
		// Only a change is news, also to those who listen.
		const next = faults.map(({ severity, message }) => `${severity} ${message}`).join('\n');
		if (next === shown) return;
		shown = next;
		section.hidden = faults.length === 0;
		section.replaceChildren(...faults.map(faultElement));
	};
}

function faultElement({ severity, message }: Trouble): HTMLElement {
	const label = severity === 'fault' ? 'Fault' : 'Notice';
	return element(
		'p',
		{
			class: 'fault',
			'data-severity': severity,
			role: severity === 'fault' ? 'alert' : 'status',
		},
		element('strong', {}, `${label}: `),
		message,
	);
}

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

/** Asks before something that cannot be taken back. */
export function createQuestion(): (text: string, yes: string) => Promise<boolean> {
	const dialog = part('question', HTMLDialogElement);
	const textPart = part('question-text', HTMLElement);
	const yesButton = part('question-yes', HTMLButtonElement);
	yesButton.addEventListener('click', () => {
		dialog.close('yes');
	});
	part('question-no', HTMLButtonElement).addEventListener('click', () => {
		dialog.close('no');
	});
	return async (text, yes) => {
		textPart.textContent = text;
		yesButton.textContent = yes;
		dialog.returnValue = '';
		dialog.showModal();
		await new Promise((resolve) => {
			dialog.addEventListener('close', resolve, { once: true });
		});
		return dialog.returnValue === 'yes';
	};
}
