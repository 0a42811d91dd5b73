import type { LiveState, ReplayBody } from '../apiTypes';
import type { Api } from './gateway';
import { countText, part, setText, whenPressed } from './element';
import { createQuestion } from './messages';

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
