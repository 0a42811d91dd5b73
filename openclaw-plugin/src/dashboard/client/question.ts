import { part } from './element';

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
