import type { LiveState, ReplayBody } from '../apiTypes';
import type { Api } from './gateway';
import { countText, part, setText, whenPressed } from './element';

/** Sends deliveries again. */
export interface Replays {
	readonly one: (id: string) => Promise<void>;
	/** Offers to send all failed ones again, to one endpoint or (`''`) to all. */
	offer(endpoint: string, data: NonNullable<LiveState['data']>): void;
}

/** @param onDone after something was sent again */
export function createReplays(
	api: Api,
	notify: (text: string, isFault?: boolean) => void,
	onDone: () => Promise<void>,
): Replays {
	const ask = createQuestion();
	const all = part('replay-failed', HTMLButtonElement);
	let chosen = '';
	const replay = async (selection: ReplayBody) => {
		try {
			const { count } = await api.replay(selection);
			notify(
				count === 0
					? 'There is nothing to replay.'
					: `${countText(count, 'delivery is', 'deliveries are')} sent again.`,
			);
			await onDone();
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			notify(`Nothing was replayed: ${reason}`, true);
		}
	};
	whenPressed(all, async () => {
		const endpoint = chosen;
		const where = endpoint === '' ? '' : ` to '${endpoint}'`;
		const question = `Replay all failed deliveries${where}? Each event is sent again with the same id.`;
		if (!(await ask(question, 'Replay'))) return;
		await replay({ status: 'failed', ...(endpoint === '' ? {} : { endpoint }) });
	});
	return {
		one: async (id) => replay({ deliveryIds: [id] }),
		offer: (endpoint, { page, overview }) => {
			chosen = endpoint;
			const counts =
				endpoint === ''
					? overview.lastDay
					: overview.endpoints.find(({ name }) => name === endpoint)?.lastDay;
			const isAny =
				(counts?.failed ?? 0) > 0 || page.deliveries.some(({ status }) => status === 'failed');
			all.hidden = !api.mayReplay || !isAny;
			setText(all, endpoint === '' ? 'Replay all failed' : `Replay all failed to ${endpoint}`);
		},
	};
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
