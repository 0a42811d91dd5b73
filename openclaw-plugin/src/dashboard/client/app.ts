/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { LiveState, PageData } from '../apiTypes';
import { PageEndedError } from './api';
import type { Api } from './api';
import { createConnection } from './connection';
import { createDeliveryTable } from './deliveryTable';
import { countText } from './deliveryTexts';
import { createDetailsPanel } from './detailsPanel';
import { part, setText, whenPressed } from './element';
import { createEndpointCards } from './endpointCards';
import { createFaultList } from './faults';
import { createFilters } from './filters';
import { createNotice } from './notice';
import { createPages } from './pages';
import { startPoll } from './poll';
import { createReplays } from './replays';
import { isFiltered, queryOf, readView, writeView } from './view';
import type { View } from './view';

/** Puts the page's parts together and keeps them up to date. */
export function startApp(page: PageData, api: Api): void {
	let view: View = readView(location.hash);
	const notify = createNotice();
	const replays = createReplays(api, notify, () => poll.now());
	const showFaults = createFaultList();
	const connection = createConnection();
	const change = (next: Partial<View>) => {
		view = { ...view, ...next };
		history.replaceState(null, '', `#${writeView(view)}`);
	};
	const choose = (next: Partial<View>) => {
		change(next);
		pages.reset();
		void poll.now();
	};
	const onReplay = api.mayReplay ? replays.one : undefined;
	const pages = createPages(() => void poll.now());
	const filters = createFilters([...page.eventTypes, 'webhook.test'], choose);
	const showCards = createEndpointCards((endpoint) => {
		choose({ endpoint });
	});
	const details = createDetailsPanel(onReplay, () => {
		change({ opened: '' });
	});
	const showRows = createDeliveryTable({
		onReplay,
		onOpen: (id) => {
			change({ opened: id });
			void showDetails(id);
		},
	});

	const showDetails = async (id: string) => {
		try {
			const delivery = await api.details(id);
			if (view.opened === id) details.show(delivery, connection.now());
		} catch (error) {
			if (view.opened === id) details.showText(id, error instanceof Error ? error.message : '');
		}
	};
	const show = ({ faults, data }: LiveState, now: number) => {
		showFaults(faults);
		if (data === undefined) return;
		const { endpoints, lastDay } = data.overview;
		const { delivered, failed, pending } = lastDay;
		setText(
			part('totals', HTMLElement),
			`Last 24 hours: ${countText(delivered, 'delivered', 'delivered')}, ${countText(failed, 'failed', 'failed')}. Now: ${countText(pending, 'waiting', 'waiting')}.`,
		);
		showCards(endpoints, view.endpoint, now);
		filters.update(
			view,
			endpoints.map(({ name }) => name),
		);
		const { deliveries, next } = data.page;
		showRows(deliveries, now);
		const isSearch = view.text.trim() !== '';
		pages.update(next, isSearch ? 'Search older ones' : 'Older');
		showEmpty(deliveries.length === 0, next !== undefined);
		replays.offer(view.endpoint, data);
	};
	const showEmpty = (isEmpty: boolean, isContinued: boolean) => {
		const empty = part('empty', HTMLElement);
		empty.hidden = !isEmpty;
		part('table', HTMLElement).hidden = isEmpty;
		if (isContinued) setText(empty, 'Nothing among the newest ones.');
		else if (isFiltered(view)) setText(empty, 'No delivery matches.');
		else setText(empty, 'No deliveries yet. They appear here as soon as something happens.');
	};

	const isIdle = () => view.isPaused || document.hidden;
	let shownQuery = '';
	const look = async (): Promise<boolean> => {
		const query = queryOf(view, pages.before);
		const wanted = JSON.stringify(query);
		try {
			const state = await api.state(query);
			// What is paused stays as it is, unless something else is asked for.
			const isNews = !isIdle() || shownQuery !== wanted || replays.takeChanged();
			if (isNews && wanted === JSON.stringify(queryOf(view, pages.before))) {
				shownQuery = wanted;
				connection.seen(state.at);
				show(state, state.at);
				if (view.opened !== '') void showDetails(view.opened);
			}
			connection.show(view.isPaused ? 'paused' : 'live');
			return true;
		} catch (error) {
			if (error instanceof PageEndedError) connection.reload();
			else connection.show('lost');
			return false;
		}
	};
	const pause = part('pause', HTMLButtonElement);
	const showPause = () => {
		pause.setAttribute('aria-pressed', String(view.isPaused));
		setText(pause, view.isPaused ? 'Resume' : 'Pause');
	};
	whenPressed(pause, async () => {
		change({ isPaused: !view.isPaused });
		showPause();
		await poll.now();
	});
	showPause();
	const poll = startPoll(look, isIdle);
	void poll.now();
}
