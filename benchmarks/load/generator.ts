import { Agent, request } from 'node:http';
import type { LoadAnswer, LoadOrder, LoadResult } from './messages';
import { signedRequests, type SignedRequest } from './signedRequests';

async function send(
	agent: Agent,
	{ headers, body }: SignedRequest,
	{ url, expectedStatus, headers: more = {} }: LoadOrder,
): Promise<number> {
	const started = performance.now();
	await new Promise<void>((resolve, reject) => {
		const outgoing = request(url, { method: 'POST', agent, headers: { ...headers, ...more } });
		outgoing.once('error', reject);
		outgoing.once('response', (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
			response.once('error', reject);
			response.once('end', () => {
				if (response.statusCode === expectedStatus) resolve();
				else reject(new Error(`Answer ${response.statusCode ?? 0}: ${text.slice(0, 300)}`));
			});
		});
		outgoing.end(body);
	});
	return performance.now() - started;
}

async function runRound(order: LoadOrder): Promise<LoadResult> {
	const waiting = signedRequests(order.count, order.bodyBytes, order.secret);
	const agent = new Agent({ keepAlive: true, maxSockets: order.concurrency });
	const latenciesMs: number[] = [];
	const started = performance.now();
	const sendOneByOne = async (): Promise<void> => {
		for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
			latenciesMs.push(await send(agent, next, order));
		}
	};
	try {
		await Promise.all(Array.from({ length: order.concurrency }, sendOneByOne));
	} finally {
		agent.destroy();
	}
	return { wallMs: performance.now() - started, latenciesMs };
}

async function answer(order: LoadOrder): Promise<LoadAnswer> {
	try {
		return { ok: true, result: await runRound(order) };
	} catch (error) {
		return { ok: false, message: error instanceof Error ? error.message : String(error) };
	}
}

process.on('message', (order: LoadOrder) => {
	void answer(order).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());
