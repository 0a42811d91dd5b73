import { randomUUID } from 'node:crypto';
import { GATEWAY_TOKENS } from './gatewayConfig';
import { at, isObject, textAt, tryParseJson, type JsonObject } from './json';

/** A connection to a gateway as the control UI holds one. */
export interface ChatClient {
	/** Calls a method of the gateway, such as `chat.send`. @throws Error with the gateway's refusal */
	call(method: string, params: JsonObject): Promise<unknown>;
	/** Writes to an agent's session and returns the run's id; the reply is not waited for. */
	send(sessionKey: string, message: string): Promise<string>;
	close(): void;
}

const PROTOCOL = 4;
const SCOPES = ['operator.read', 'operator.write', 'operator.admin'];

interface Pending {
	resolve(payload: unknown): void;
	reject(error: Error): void;
}

/**
 * Connects to a throwaway gateway with its operator token.
 *
 * @param gatewayUrl `http://127.0.0.1:<port>`
 * @see https://docs.openclaw.ai/gateway/protocol
 */
export async function connectChatClient(gatewayUrl: string): Promise<ChatClient> {
	const socket = new WebSocket(gatewayUrl.replace(/^http/, 'ws'));
	const pending = new Map<string, Pending>();
	let accept: () => void = () => undefined;
	let refuse: (error: Error) => void = () => undefined;
	const challenged = new Promise<void>((resolve, reject) => {
		accept = resolve;
		refuse = reject;
	});

	socket.addEventListener('message', ({ data }) => {
		const frame = tryParseJson(String(data));
		if (!isObject(frame)) return;
		if (frame.event === 'connect.challenge') accept();
		const request = pending.get(textAt(frame, 'id'));
		if (frame.type !== 'res' || request === undefined) return;
		pending.delete(textAt(frame, 'id'));
		if (frame.ok === true) request.resolve(frame.payload);
		else request.reject(new Error(`The gateway refused: ${JSON.stringify(frame.error)}`));
	});
	socket.addEventListener('close', ({ code, reason }) => {
		const error = new Error(`The gateway closed the connection: ${String(code)} ${reason}`);
		refuse(error);
		for (const request of pending.values()) request.reject(error);
		pending.clear();
	});

	const call = async (method: string, params: JsonObject) => {
		const id = randomUUID();
		return await new Promise<unknown>((resolve, reject) => {
			pending.set(id, { resolve, reject });
			socket.send(JSON.stringify({ type: 'req', id, method, params }));
		});
	};

	await challenged;
	await call('connect', {
		minProtocol: PROTOCOL,
		maxProtocol: PROTOCOL,
		client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
		role: 'operator',
		scopes: SCOPES,
		caps: [],
		auth: { token: GATEWAY_TOKENS.operator },
	});
	return {
		call,
		send: async (sessionKey, message) => {
			const params = { sessionKey, message, idempotencyKey: randomUUID() };
			return String(at(await call('chat.send', params), 'runId'));
		},
		close: () => {
			socket.close();
		},
	};
}
