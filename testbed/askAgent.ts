import { GATEWAY_TOKENS } from './gatewayConfig';
import { tryParseJson } from './json';

/** What an agent is asked. */
export interface AgentQuestion {
	/** Id of the agent; `main` unless given. */
	readonly agent?: string;
	readonly text: string;
	/** Who asks: the same one goes on with the same conversation. */
	readonly user?: string;
	readonly signal?: AbortSignal;
}

/** What the gateway answered when the agent's turn had ended. */
export interface AgentAnswer {
	readonly status: number;
	/** The body as JSON; `undefined` when it isn't any. */
	readonly json: unknown;
}

/**
 * Lets an agent take one turn, asked for over the gateway's OpenAI-compatible API as a program does.
 *
 * @throws Error when the connection breaks or the signal ends it
 * @example
 * await askAgent(gateway.url, { text: 'Look into the workspace [[tool]]' });
 */
export async function askAgent(
	gatewayUrl: string,
	{ agent = 'main', text, user, signal }: AgentQuestion,
): Promise<AgentAnswer> {
	const response = await fetch(`${gatewayUrl}/v1/chat/completions`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${GATEWAY_TOKENS.operator}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify({
			model: `openclaw/${agent}`,
			...(user === undefined ? {} : { user }),
			messages: [{ role: 'user', content: text }],
		}),
		...(signal === undefined ? {} : { signal }),
	});
	return { status: response.status, json: tryParseJson(await response.text()) };
}
