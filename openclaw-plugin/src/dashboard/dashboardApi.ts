import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EndpointManager } from '../endpoints/manage';
import type { Fault } from '../health/faults';
import { answerJson, answerRefusal, methodNotAllowed } from '../http/answers';
import type { Refusal } from '../http/answers';
import { readTarget } from '../http/request';
import type { RequestTarget } from '../http/request';
import { listDeliveries, showDelivery } from '../outbox/deliveryLog';
import type { Logger } from '../sdk';
import type { Database } from '../store/databaseAccess';
import type { LiveState } from './apiTypes';
import type { Handler } from './dashboardRoute';
import { readDeliveryQuery } from './deliveryQuery';
import { createOverviews } from './overviews';
import { originHeaders } from './pageOrigin';
import type { PageRight, PageTokens } from './pageTokens';
import { DASHBOARD_API_PATH, PAGE_TOKEN_HEADER } from './paths';
import { replayFailed, replayNamed } from './replayFailed';
import { readReplayRequest } from './replayRequest';

/** What the page's requests are answered from. */
export interface DashboardApiParts {
	readonly database: Database;
	/** By the settings as they are now. */
	readonly manager: () => EndpointManager;
	readonly tokens: PageTokens;
	/** What is wrong with the plugin now. */
	readonly faults: () => readonly Fault[];
	readonly logger: Pick<Logger, 'error'>;
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

/**
 * Answers the page's requests: `GET …/state`, `GET …/deliveries/<id>` and `POST …/replay`. To be registered
 * under {@link DASHBOARD_API_PATH} with `auth: 'plugin'`: the page's token is checked here, and nothing
 * else lets anybody in.
 */
export function createDashboardApi(parts: DashboardApiParts): Handler {
	const { database, manager, tokens, faults, logger, now = Date.now } = parts;
	const overviews = createOverviews({ ...parts, now });

	const state = ({ response, target, token }: Admitted) => {
		const query = readDeliveryQuery(target.query);
		if (!query.ok) {
			answerRefusal(response, query.refusal);
			return;
		}
		const current: LiveState = {
			token: tokens.renew(token) ?? token,
			at: now(),
			faults: faults(),
			data: { page: listDeliveries(database, query.value), overview: overviews.current() },
		};
		answerJson(response, 200, current);
	};
	const details = ({ response }: Admitted, id: string) => {
		const delivery = showDelivery(database, id);
		if (delivery === undefined) answerRefusal(response, NOT_FOUND);
		else answerJson(response, 200, delivery);
	};
	const replay = async ({ request, response, right }: Admitted) => {
		if (right !== 'replay') {
			answerRefusal(response, NOT_ALLOWED);
			return;
		}
		const wanted = await readReplayRequest(request);
		if (!wanted.ok) {
			answerRefusal(response, wanted.refusal);
			return;
		}
		const count =
			'deliveryIds' in wanted.value
				? replayNamed(manager(), wanted.value.deliveryIds)
				: await replayFailed(database, manager(), wanted.value.endpoint);
		overviews.forget();
		answerJson(response, 200, { count });
	};
	const answer = async (admitted: Admitted): Promise<void> => {
		const { request, response, target } = admitted;
		const [name, id] = target.segments;
		const isRead = request.method === 'GET';
		if (name === 'state' && id === undefined && isRead) state(admitted);
		else if (name === 'deliveries' && id !== undefined && isRead) details(admitted, id);
		else if (name === 'replay' && request.method === 'POST') await replay(admitted);
		else if (name === 'replay') answerRefusal(response, methodNotAllowed(['POST']));
		else answerRefusal(response, isRead ? NOT_FOUND : methodNotAllowed(['GET']));
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
			const message = error instanceof Error ? error.message : String(error);
			logger.error(`The dashboard could not be answered: ${message}`);
			const at = now();
			const broken: LiveState = { token, at, faults: [...faults(), unreadable(message, at)] };
			answerJson(response, 503, broken);
		}
		return true;
	};
}

const ENDED: Refusal = {
	status: 401,
	code: 'page-ended',
	message: 'The page is too old. Load it anew',
};

const NOT_ALLOWED: Refusal = {
	status: 403,
	code: 'view-only',
	message: 'Deliveries are sent again from the tab in the gateway only',
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
