import { createServer, request as requestHttp } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A stand-in for a company's proxy: it forwards `http:` requests and opens tunnels (CONNECT). */
export interface ForwardProxy {
	/** With the credentials, if it wants some. */
	readonly url: string;
	/** What was asked of it: `POST http://…`, `CONNECT host:443`. */
	readonly asked: readonly string[];
	/** Answers with this status instead of doing what it is asked; undefined: it works. */
	refuseWith(status: number | undefined): void;
	/** Leaves tunnels unanswered. */
	hang(): void;
	stop(): Promise<void>;
}

export interface ForwardProxyOptions {
	/** `user:password` without which it answers 407. */
	readonly credentials?: string;
	/** Where a host is, for it alone; it asks the system about the others. */
	readonly hosts?: Readonly<Record<string, string>>;
}

/** What a tunnel leads to when the request does not say. */
const HTTPS_PORT = 443;

/**
 * Starts one on a free port.
 *
 * @example
 * const proxy = await startForwardProxy({ hosts: { 'n8n.example': '127.0.0.1' } });
 */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
	const { credentials, hosts = {} } = options;
	const asked: string[] = [];
	const sockets = new Set<Duplex>();
	let status: number | undefined;
	let isHanging = false;
	const addressOf = (host: string) => hosts[host] ?? host;
	const refusalOf = ({ headers }: IncomingMessage): number | undefined => {
		const expected = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`;
		const isKnown = credentials === undefined || headers['proxy-authorization'] === expected;
		return isKnown ? status : 407;
	};
	const forward = (request: IncomingMessage, response: ServerResponse) => {
		asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
		const refusal = refusalOf(request);
		if (refusal !== undefined) {
			response.writeHead(refusal).end();
			return;
		}
		const { hostname, port, pathname, search } = new URL(request.url ?? '');
		const headers = { ...request.headers };
		delete headers['proxy-authorization'];
		const { method } = request;
		const onward = requestHttp(
			{ host: addressOf(hostname), port, path: pathname + search, method, headers },
			(answer) => {
				response.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(response);
			},
		);
		onward.on('error', () => response.writeHead(502).end());
		request.pipe(onward);
	};
	const server = createServer(forward);
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.once('close', () => sockets.delete(socket));
	});
	server.on('connect', (request: IncomingMessage, socket: Duplex) => {
		asked.push(`CONNECT ${request.url ?? ''}`);
		const refusal = refusalOf(request);
		if (isHanging) return;
		if (refusal !== undefined) {
			socket.end(`HTTP/1.1 ${String(refusal)} Refused\r\n\r\n`);
			return;
		}
		const { hostname, port } = new URL(`http://${request.url ?? ''}`);
		const onward = connect(Number(port || HTTPS_PORT), addressOf(hostname), () => {
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			onward.pipe(socket);
			socket.pipe(onward);
		});
		sockets.add(onward);
		onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const userinfo = credentials === undefined ? '' : `${credentials}@`;
	return {
		url: `http://${userinfo}127.0.0.1:${String(port)}`,
		asked,
		refuseWith: (next) => {
			status = next;
		},
		hang: () => {
			isHanging = true;
		},
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
