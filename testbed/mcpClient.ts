import { at, listAt, textAt, tryParseJson, type JsonObject } from './json';

/** One session with a tool server. */
export interface McpSession {
	/** Names of the tools that it offers. */
	tools(): Promise<readonly string[]>;
	/** Calls a tool; gives the text of its result. */
	call(name: string, args: JsonObject): Promise<string>;
}

const PROTOCOL_VERSION = '2025-03-26';

/** The answer to a request: plain JSON, or the last event of a stream. */
function readAnswer(text: string): unknown {
	const events = [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data = '']) => tryParseJson(data));
	return events.at(-1) ?? tryParseJson(text);
}

/**
 * Begins a session with a server of the Model Context Protocol over *Streamable HTTP*, as an agent does.
 *
 * @param headers by which the server knows its clients
 * @throws Error with status and answer when the server takes a request not
 * @example
 * const session = await openMcpSession(`${n8n.url}/mcp/openclaw-tools`, { 'X-Agent-Token': token });
 * await session.call('create_ticket', { title: 'Printer on fire' });
 */
export async function openMcpSession(
	url: string,
	headers: Readonly<Record<string, string>>,
): Promise<McpSession> {
	let sessionId: string | undefined;
	let requests = 0;
	const post = async (message: JsonObject): Promise<unknown> => {
		const response = await fetch(url, {
			method: 'POST',
			headers: {
				...headers,
				'content-type': 'application/json',
				accept: 'application/json, text/event-stream',
				...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
			},
			body: JSON.stringify({ jsonrpc: '2.0', ...message }),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`The tool server answered ${response.status}: ${text}`);
		sessionId ??= response.headers.get('mcp-session-id') ?? undefined;
		return readAnswer(text);
	};
	const ask = async (method: string, params: JsonObject = {}): Promise<unknown> => {
		const answer = await post({ id: (requests += 1), method, params });
		const result = at(answer, 'result');
		if (result === undefined) throw new Error(`No result: ${JSON.stringify(answer)}`);
		return result;
	};
	await ask('initialize', {
		protocolVersion: PROTOCOL_VERSION,
		capabilities: {},
		clientInfo: { name: 'testbed', version: '1' },
	});
	await post({ method: 'notifications/initialized' });
	return {
		tools: async () => listAt(await ask('tools/list'), 'tools').map((tool) => textAt(tool, 'name')),
		call: async (name, args) =>
			listAt(await ask('tools/call', { name, arguments: args }), 'content')
				.map((part) => textAt(part, 'text'))
				.join('\n'),
	};
}
