/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { EndpointVerb, LiveState, PageData } from '../apiTypes';
import { createNotice, createReplays } from './actions';
import { createApprovalList, createInboundList } from './calls';
import { createDeliveryTable, createDetailsPanel } from './deliveries';
import { countText, part, setText, whenPressed } from './element';
import { createApi, createConnection, PageEndedError, startPoll } from './gateway';
import type { Api } from './gateway';
import { createEndpointCards, createFaultList, createHourChart } from './overview';
import { createFilters, createPages, isFiltered, queryOf, readView, writeView } from './view';
import type { View } from './view';

/*
 * The page in the browser:
 *
 *   main        asks for what is new every few seconds, and hands it to the parts of the page
 *   gateway     the requests, with the page's token
 *   view        what was chosen: filters, the open delivery; it stands in the address
 *   overview    what is wrong, endpoints, counts, the chart of the last day
 *   deliveries  the list, and one opened
 *   calls       tool calls that wait, with the buttons that decide; calls to agents
 *   actions     sends again; asks before, and tells what came of what was done
 *   element     builds and fills elements
 */

const CHANGED: Readonly<Record<EndpointVerb, string>> = {
	pause: 'Nothing is sent until you resume',
	resume: 'What has waited is sent to',
	enable: 'What has waited is sent to',
};

const DECIDED = { allow: 'allowed', deny: 'denied' } as const;

/** Puts the page's parts together and keeps them up to date. */
function startApp(page: PageData, api: Api): void {
	let view: View = readView(location.hash);
	/** Something was done since the last look: what is paused shows it all the same. */
	let isChanged = false;
	const notify = createNotice();
	const replays = createReplays(api, notify, async () => {
		isChanged = true;
		await poll.now();
	});
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
	const showHours = createHourChart();
	const showInbound = createInboundList();
	const showApprovals = createApprovalList(
		api.mayReplay
			? async ({ id, tool, paramsHash }, decision) => {
					try {
						await api.decide(id, { decision, paramsHash });
						notify(`The call of '${tool.name}' is ${DECIDED[decision]}.`);
					} catch (error) {
						notify(error instanceof Error ? error.message : String(error), true);
					}
					isChanged = true;
					await poll.now();
				}
			: undefined,
	);
	const showCards = createEndpointCards({
		onChoose: (endpoint) => {
			choose({ endpoint });
		},
		onChange: api.mayReplay
			? async ({ id, name }, verb) => {
					try {
						await api.changeEndpoint(id, verb);
						notify(`${CHANGED[verb]} '${name}'.`);
					} catch (error) {
						notify(error instanceof Error ? error.message : String(error), true);
					}
					isChanged = true;
					await poll.now();
				}
			: undefined,
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
		showHours(data.hours);
		showCards(endpoints, view.endpoint, now);
		showInbound(data.inbound, now);
		showApprovals(data.approvals, now);
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
			const isNews = !isIdle() || shownQuery !== wanted || isChanged;
			isChanged = false;
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

followTheme();
const page = JSON.parse(part('page-data', HTMLElement).textContent) as PageData;
startApp(page, createApi(page));

/** Follows the gateway's control UI into light or dark; where there is none, the system decides. */
function followTheme(): void {
	window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
		if (source !== window.parent || source === window) return;
		if (typeof data !== 'object' || data === null) return;
		const { type, mode } = data as { readonly type?: unknown; readonly mode?: unknown };
		if (type !== 'openclaw:widget-theme' || (mode !== 'light' && mode !== 'dark')) return;
		document.documentElement.dataset.theme = mode;
	});
}
