import { createServer, type IncomingMessage } from 'node:http';
import { unzipSync } from 'node:zlib';
import { failureText } from './sendEvent';
import { SenderJudge, type JudgedRequest, type SenderOptions } from './senderJudge';

export interface SinkOptions extends SenderOptions {
	readonly host: string;
	/** 0: any free one. */
	readonly port: number;
	/** Ends after so many requests; without it, when `signal` says so. */
	readonly count?: number;
	readonly signal: AbortSignal;
	readonly onListening: (url: string) => void;
	readonly onRequest: (judged: JudgedRequest) => void;
}

/** What a sender has sent. */
export interface SinkResult {
	readonly requests: number;
	/** How many of them had something wrong. */
	readonly wrong: number;
	/** Events that were not taken, and have not come again so far. */
	readonly waiting: readonly string[];
}

/** Twice what receivers are known to take. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Reads what is sent, uncompressed. @throws RangeError when it is too large, Error when it is broken */
async function readBody(message: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of message as AsyncIterable<Buffer>) {
		length += chunk.length;
		// Read to its end, for the answer to arrive.
		if (length <= MAX_BYTES) chunks.push(chunk);
	}
	if (length > MAX_BYTES) throw new RangeError('the body is larger than 32 MiB');
	const body = Buffer.concat(chunks);
	return message.headers['content-encoding'] === undefined
		? body
		: unzipSync(body, { maxOutputLength: MAX_BYTES });
}

/**
 * Receives what a sender sends, judges each request and answers as told.
 *
 * @throws Error when the port cannot be listened on
 */
export async function runSink(options: SinkOptions): Promise<SinkResult> {
	const { count = Infinity, signal, onRequest } = options;
	const judge = new SenderJudge(options);
	let requests = 0;
	let wrong = 0;
	let finish: () => void = () => undefined;
	const finished = new Promise<void>((resolve) => {
		finish = resolve;
	});
	if (signal.aborted) finish();
	signal.addEventListener('abort', finish, { once: true });
	const receive = async (message: IncomingMessage): Promise<number> => {
		const body = await readBody(message).catch((error: unknown) => error);
		const { method = '', url: path = '', headers } = message;
		const judged: JudgedRequest = Buffer.isBuffer(body)
			? judge.judge({ method, path, headers, body })
			: unreadable(body);
		requests += 1;
		if (judged.faults.length > 0) wrong += 1;
		onRequest(judged);
		return judged.status;
	};
	const server = createServer((message, response) => {
		void receive(message).then((status) => {
			const isLast = requests >= count;
			response.writeHead(status, { connection: isLast ? 'close' : 'keep-alive' });
			// A sender that has gone gets none.
			if (isLast && response.destroyed) finish();
			else if (isLast) response.once('close', finish);
			response.end();
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port, options.host, resolve);
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : options.port;
	options.onListening(
		`http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
	);
	await finished;
	await new Promise((resolve) => {
		server.close(resolve);
		server.closeAllConnections();
	});
	return { requests, wrong, waiting: judge.waiting() };
}

function unreadable(error: unknown): JudgedRequest {
	return {
		id: undefined,
		type: undefined,
		times: 1,
		status: 400,
		faults: [`the body cannot be read: ${failureText(error)}`],
		notes: [],
	};
}
