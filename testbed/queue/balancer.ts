import { createServer, request as requestHttp, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** Where n8n's processes listen. */
export interface Upstreams {
	/** Serves the editor, the API and test URLs. */
	readonly main: number;
	/** Serve production webhooks, by turns. */
	readonly processors: readonly number[];
}

/** One address for an n8n of several processes, as a reverse proxy gives it. */
export interface Balancer {
	readonly url: string;
	close(): Promise<void>;
}

/** What n8n's documentation routes to webhook processors. */
export const PRODUCTION_ROUTES = ['webhook', 'webhook-waiting', 'form', 'form-waiting', 'mcp'];
const PRODUCTION = new RegExp(`^/(?:${PRODUCTION_ROUTES.join('|')})(?:/|$)`);

/**
 * Starts a reverse proxy on the loopback interface.
 *
 * @param port to listen on
 */
export async function startBalancer(port: number, upstreams: Upstreams): Promise<Balancer> {
	let turn = 0;
	const portFor = (path: string): number => {
		const { main, processors } = upstreams;
		if (!PRODUCTION.test(path)) return main;
		turn = (turn + 1) % processors.length;
		return processors[turn] ?? main;
	};
	const server = createServer((incoming, answer) => {
		const { method, headers, url = '/' } = incoming;
		const outgoing = requestHttp(
			{ host: '127.0.0.1', port: portFor(url), method, path: url, headers },
			(response) => {
				answer.writeHead(response.statusCode ?? 502, response.headers);
				response.pipe(answer);
			},
		);
		outgoing.on('error', () => {
			if (answer.headersSent) answer.destroy();
			else answer.writeHead(502).end();
		});
		answer.once('close', () => outgoing.destroy());
		incoming.pipe(outgoing);
	});
	// The editor's push connection.
	server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
		joinSockets(incoming, socket, head, upstreams.main);
	});
	await listen(server, port);
	return {
		url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
		close: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		},
	};
}

async function listen(server: Server, port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
}

function joinSockets(incoming: IncomingMessage, socket: Socket, head: Buffer, port: number): void {
	const upstream = connect(port, '127.0.0.1', () => {
		const { method = 'GET', url = '/', rawHeaders } = incoming;
		const lines = [`${method} ${url} HTTP/1.1`];
		for (let index = 0; index < rawHeaders.length; index += 2) {
			lines.push(`${rawHeaders[index] ?? ''}: ${rawHeaders[index + 1] ?? ''}`);
		}
		upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
		upstream.write(head);
		upstream.pipe(socket).pipe(upstream);
	});
	const end = () => {
		upstream.destroy();
		socket.destroy();
	};
	upstream.once('error', end);
	socket.once('error', end);
}
