import { createServer, type IncomingMessage, type RequestListener } from 'node:http';

/** An HTTP server on the loopback interface. */
export interface LocalServer {
	readonly port: number;
	/** `http://127.0.0.1:<port>` */
	readonly url: string;
	/** Ends it, open connections included. */
	close(): Promise<void>;
}

/**
 * Starts an HTTP server on 127.0.0.1.
 *
 * @param port a port to come back to after a stop; any free one by default
 */
export async function startLocalServer(listener: RequestListener, port = 0): Promise<LocalServer> {
	const server = createServer(listener);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP port was given');
	return {
		port: address.port,
		url: `http://127.0.0.1:${String(address.port)}`,
		close: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		},
	};
}

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}
