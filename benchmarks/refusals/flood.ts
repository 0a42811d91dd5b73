import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What the process that calls is told. */
export interface FloodOrder {
	readonly url: string;
	readonly perSecond: number;
	readonly seconds: number;
}

/** What came of it. */
export interface Flood {
	readonly sent: number;
	/** By status; 0 for calls that were not answered. */
	readonly answers: Readonly<Record<string, number>>;
	readonly seconds: number;
}

/** Calls are sent in portions, so that timers need not be exact. */
const EVERY_MS = 20;
const BODY = JSON.stringify({ action: 'opened', text: 'A sentence of usual length. '.repeat(30) });
const AT_ONCE = 64;

/** Ways to be refused, by turns: each is told apart in the log. */
function headersOf(number: number): Readonly<Record<string, string>> {
	const forged = createHmac('sha256', `guess ${String(number)}`)
		.update(BODY)
		.digest('hex');
	switch (number % 4) {
		case 0:
			return { 'x-hub-signature-256': `sha256=${forged}` };
		case 1:
			return {};
		case 2:
			return { 'x-hub-signature-256': 'sha256=no digest' };
		default:
			return { authorization: `Bearer guess-${String(number)}` };
	}
}

async function callOnce(url: string, agent: Agent, number: number): Promise<number> {
	return await new Promise((resolve) => {
		request(`${url}${number % 10 === 9 ? `-${String(number)}` : ''}`, {
			agent,
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'content-length': String(Buffer.byteLength(BODY)),
				...headersOf(number),
			},
		})
			.on('response', (response) => {
				response.resume().once('end', () => {
					resolve(response.statusCode ?? 0);
				});
			})
			.on('error', () => {
				resolve(0);
			})
			.end(BODY);
	});
}

async function flood({ url, perSecond, seconds }: FloodOrder): Promise<Flood> {
	const agent = new Agent({ maxSockets: AT_ONCE });
	const answers: Record<string, number> = {};
	const open = new Set<Promise<void>>();
	const begun = performance.now();
	let sent = 0;
	for (;;) {
		const elapsed = (performance.now() - begun) / 1000;
		if (elapsed >= seconds) break;
		for (const due = Math.floor(elapsed * perSecond); sent < due; sent += 1) {
			const done = callOnce(url, agent, sent).then((status) => {
				answers[status] = (answers[status] ?? 0) + 1;
				open.delete(done);
			});
			open.add(done);
		}
		await delay(EVERY_MS);
	}
	await Promise.all(open);
	agent.destroy();
	return { sent, answers, seconds: (performance.now() - begun) / 1000 };
}

process.on('message', (order: FloodOrder) => {
	void flood(order).then((came) => process.send?.(came));
});
process.once('disconnect', () => {
	process.exit();
});
