import type { IncomingMessage, ServerResponse } from 'node:http';
import { toCheckedDecision } from '../admin/approvalApi';
import { readDeliveryQuery, readReplayRequest } from '../admin/deliveryApi';
import { toChecked } from '../admin/endpointApi';
import type { Approvals } from '../approvals/approvals';
import { describeHealth, firstSince } from '../endpoints/endpointHealth';
import type { EndpointManager, ReplayRequest } from '../endpoints/manage';
import type { Logger } from '../gatewayApi';
import type { Fault } from '../health/faults';
import { joinTroubles, observedTroubles } from '../health/troubles';
import type { Trouble } from '../health/troubles';
import { answerJson, answerRefusal, methodNotAllowed, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { parseJsonBody } from '../http/body';
import { readLimitedBody, readTarget } from '../http/request';
import type { RequestTarget } from '../http/request';
import { listInbound, listRefusals } from '../inbound/inboundCalls';
import { countByHour, listDeliveries, showDelivery } from '../outbox/deliveryLog';
import type { Settings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import { errorText } from '../logger';
import type { EndpointVerb, LiveState } from './apiTypes';
import { DASHBOARD_API_PATH, originHeaders, PAGE_TOKEN_HEADER } from './page';
import type { Handler, PageRight, PageTokens } from './page';

/** What the page's requests are answered from. */
export interface DashboardApiParts {
	readonly database: Database;
	/** By the settings as they are now. */
	readonly manager: () => EndpointManager;
	/** The same. */
	readonly approvals: () => Approvals;
	/** As they are now. */
	readonly settings: () => Pick<Settings, 'outbox' | 'approvals'>;
	readonly tokens: PageTokens;
	/** What the gateway has found to be wrong now. */
	readonly faults: () => readonly Fault[];
	readonly logger: Pick<Logger, 'error' | 'info'>;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
}

/** A request with its token checked. */
interface Admitted {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly target: RequestTarget;
	readonly token: string;
	readonly right: PageRight;
}

interface Figures extends Pick<NonNullable<LiveState['data']>, 'overview' | 'hours'> {
	/** What the database shows to be wrong. */
	readonly troubles: readonly Trouble[];
}

const PAGE_SIZE = 50;
const INBOUND_SHOWN = 10;
const APPROVALS_SHOWN = 20;
const DAY_MS = 86_400_000;
/** Counting 100,000 deliveries takes some 30 ms: not for each look of each page. */
const FRESH_MS = 5000;
const VERBS: readonly EndpointVerb[] = ['pause', 'resume', 'enable'];

/**
 * Answers the page's requests: `GET …/state`, `GET …/deliveries/{id}`, `POST …/replay`,
 * `POST …/endpoints/{id}/{verb}` and `POST …/approvals/{id}`. To be registered under {@link DASHBOARD_API_PATH} with `auth: 'plugin'`:
 * the page's token is checked here, and nothing else lets anybody in.
 */
export function createDashboardApi(parts: DashboardApiParts): Handler {
	const { database, manager, approvals, settings, tokens, faults, logger, now = Date.now } = parts;
	let known: Figures | undefined;
	/** Some seconds old at most; all open pages share them. */
	const figures = (): Figures => {
		const time = now();
		if (known === undefined || Math.abs(time - known.overview.at) >= FRESH_MS) {
			const hours = countByHour(database, firstSince(database, time - DAY_MS), time);
			const overview = describeHealth(database, time);
			const troubles = observedTroubles({
				database,
				overview,
				settings: settings(),
				now: time,
			});
			known = { overview, hours, troubles };
		}
		return known;
	};

	const state = ({ response, target, token }: Admitted) => {
		const query = readDeliveryQuery(target.query);
		if (!query.ok) {
			answerRefusal(response, query.refusal);
			return;
		}
		const { troubles, overview, hours } = figures();
		const current: LiveState = {
			token: tokens.renew(token) ?? token,
			at: now(),
			faults: joinTroubles(faults(), troubles),
			data: {
				page: listDeliveries(database, { recent: PAGE_SIZE, ...query.value }),
				overview,
				hours,
				inbound: {
					calls: listInbound(database, { limit: INBOUND_SHOWN }),
					refusals: listRefusals(database, { limit: INBOUND_SHOWN }),
				},
				approvals: approvals().list({ limit: APPROVALS_SHOWN }),
			},
		};
		answerJson(response, 200, current);
	};
	const details = ({ response }: Admitted, id: string) => {
		const delivery = showDelivery(database, id);
		if (delivery === undefined) answerRefusal(response, NOT_FOUND);
		else answerJson(response, 200, delivery);
	};
	const replay = async ({ request, response }: Admitted) => {
		const wanted = await readReplay(request);
		const replayed = wanted.ok ? toChecked(await manager().replay(wanted.value)) : wanted;
		if (!replayed.ok) {
			answerRefusal(response, replayed.refusal);
			return;
		}
		known = undefined;
		answerJson(response, 200, { count: replayed.value.count });
	};
	const changeEndpoint = ({ response }: Admitted, id: string, verb: EndpointVerb) => {
		const changed = toChecked<unknown>(manager()[verb](id));
		if (!changed.ok) {
			answerRefusal(response, changed.refusal);
			return;
		}
		known = undefined;
		const name = manager().find(id)?.name ?? id;
		logger.info(`endpoint '${name}' was changed from the dashboard: ${verb}`);
		answerJson(response, 200, {});
	};
	const decide = async ({ request, response }: Admitted, id: string) => {
		const body = await readJson(request);
		const done = body.ok
			? toCheckedDecision(approvals().decide(id, body.value, { via: 'dashboard' }))
			: body;
		if (!done.ok) {
			answerRefusal(response, done.refusal);
			return;
		}
		known = undefined;
		logger.info(`${done.value.deed ?? ''} from the dashboard`);
		answerJson(response, 200, done.value.body);
	};
	const change = async (admitted: Admitted, [name, id, verb]: readonly string[]) => {
		const { response, right } = admitted;
		const known = VERBS.find((one) => one === verb);
		if (right !== 'replay') answerRefusal(response, NOT_ALLOWED);
		else if (name === 'replay' && id === undefined) await replay(admitted);
		else if (name === 'endpoints' && id !== undefined && known !== undefined) {
			changeEndpoint(admitted, id, known);
		} else if (name === 'approvals' && id !== undefined && verb === undefined) {
			await decide(admitted, id);
		} else answerRefusal(response, NOT_FOUND);
	};
	const answer = async (admitted: Admitted): Promise<void> => {
		const { request, response, target } = admitted;
		const [name, id, verb] = target.segments;
		const isChange = name === 'replay' || name === 'approvals' || verb !== undefined;
		if (request.method === 'POST' && isChange) await change(admitted, target.segments);
		else if (isChange) answerRefusal(response, methodNotAllowed(['POST']));
		else if (request.method !== 'GET') answerRefusal(response, methodNotAllowed(['GET']));
		else if (name === 'state' && id === undefined) state(admitted);
		else if (name === 'deliveries' && id !== undefined) details(admitted, id);
		else answerRefusal(response, NOT_FOUND);
	};

	return async (request, response) => {
		const target = readTarget(request, DASHBOARD_API_PATH);
		if (target === undefined) return false;
		for (const [name, value] of Object.entries(originHeaders(request))) {
			response.setHeader(name, value);
		}
		if (request.method === 'OPTIONS') {
			response.writeHead(204).end();
			return true;
		}
		const token = request.headers[PAGE_TOKEN_HEADER];
		const right = typeof token === 'string' ? tokens.check(token) : undefined;
		if (typeof token !== 'string' || right === undefined) {
			answerRefusal(response, ENDED);
			return true;
		}
		try {
			await answer({ request, response, target, token, right });
		} catch (error) {
			const message = errorText(error);
			logger.error(`The dashboard could not be answered: ${message}`);
			const at = now();
			const broken: LiveState = { token, at, faults: [...faults(), unreadable(message, at)] };
			answerJson(response, 503, broken);
		}
		return true;
	};
}

async function readJson(request: IncomingMessage): Promise<Checked<unknown>> {
	// A page of another site could send other types without asking the browser.
	if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
		return refuse({ status: 415, code: 'not-json', message: 'Send the body as application/json' });
	}
	const body = await readLimitedBody(request);
	return body.ok ? parseJsonBody(request.headers, body.value) : body;
}

async function readReplay(request: IncomingMessage): Promise<Checked<ReplayRequest>> {
	const parsed = await readJson(request);
	return parsed.ok ? readReplayRequest(parsed.value) : parsed;
}

const ENDED: Refusal = {
	status: 401,
	code: 'page-ended',
	message: 'The page is too old. Load it anew',
};

const NOT_ALLOWED: Refusal = {
	status: 403,
	code: 'view-only',
	message:
		'Deliveries are sent again, endpoints paused, and tool calls decided on from the tab in the gateway only',
};

const NOT_FOUND: Refusal = {
	status: 404,
	code: 'not-found',
	message: 'There is nothing here (any more)',
};

function unreadable(message: string, since: number): Fault {
	return {
		code: 'database-unavailable',
		severity: 'fault',
		message: `The database cannot be read: ${message}`,
		since,
	};
}
