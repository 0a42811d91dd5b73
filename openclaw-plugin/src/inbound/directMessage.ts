import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import type { GatewayAgent } from '../protocol';
import { DIRECT } from './message';
import type { Letter } from './takeMessage';

/** Whom messages may go to. */
export interface DirectRules {
	readonly agents: readonly GatewayAgent[];
	/** Ids in lower case; undefined for all. */
	readonly allowedAgentIds: readonly string[] | undefined;
}

const FIELDS: ReadonlySet<string> = new Set(['agentId', 'message', 'model']);

/** Reads a message to any agent: `{ agentId, message, model? }`. */
export function readDirectMessage(body: unknown, rules: DirectRules): Checked<Letter> {
	if (typeof body !== 'object' || body === null || Array.isArray(body)) {
		return refuse(invalid('', 'The body must be a JSON object'));
	}
	const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
	if (unknown !== undefined) {
		return refuse(invalid('', 'The body may have agentId, message and model, and nothing else'));
	}
	const { agentId, message, model } = body as Readonly<Record<string, unknown>>;
	if (typeof agentId !== 'string' || agentId.trim() === '') {
		return refuse(invalid('agentId', "'agentId' must name an agent"));
	}
	if (typeof message !== 'string' || message.trim() === '') {
		return refuse(invalid('message', "message required: 'message' must be a text"));
	}
	if (model !== undefined && (typeof model !== 'string' || model.trim() === '')) {
		return refuse(invalid('model', "'model' must be a text such as 'provider/model'"));
	}
	// The gateway takes ids in any case.
	const wanted = agentId.trim().toLowerCase();
	const agent = rules.agents.find(({ id }) => id.toLowerCase() === wanted);
	if (agent === undefined) return refuse(unknownAgent(agentId.trim()));
	if (rules.allowedAgentIds?.includes(wanted) === false) return refuse(NOT_ALLOWED);
	return {
		ok: true,
		value: {
			name: DIRECT,
			agentId: agent.id,
			sessionKey: `agent:${agent.id}:webhook`,
			text: message.trim(),
			missingPaths: [],
			...(model === undefined ? {} : { model: model.trim() }),
		},
	};
}

function invalid(path: string, message: string): Refusal {
	return { status: 400, code: 'invalid-message', message, ...(path === '' ? {} : { path }) };
}

/** Begins as the gateway's own hooks do. */
function unknownAgent(agentId: string): Refusal {
	const shown = agentId.length > 100 ? `${agentId.slice(0, 100)}…` : agentId;
	return {
		status: 400,
		code: 'unknown-agent',
		path: 'agentId',
		message: `unknown agentId "${shown}"`,
	};
}

const NOT_ALLOWED: Refusal = {
	status: 403,
	code: 'agent-not-allowed',
	path: 'agentId',
	message: "The agent is not among 'hooks.allowedAgentIds' of the gateway's settings",
};
