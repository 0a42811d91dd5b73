import { setTimeout as delay } from 'node:timers/promises';
import { signEvent } from '../../../protocol';
import { readBody, startLocalServer, type LocalServer } from '../../../testbed/localServer';
import { waitFor } from '../../../testbed/waitFor';

interface Settled {
	readonly delivery: string;
	readonly outcome: string;
	readonly run?: string;
	readonly reason?: string;
}

interface Waiting {
	readonly delivery: string;
	readonly event: { readonly id: string };
	attempt: number;
	previousRun?: string;
	consumer?: string | undefined;
	/** Sent in place of the right one. */
	signature?: string;
}

interface Registration {
	readonly kind: string;
	readonly secret: string;
	readonly [name: string]: unknown;
}

/** A stand-in for the part of the gateway from which events are fetched: one endpoint at a time. */
export class FetchStandIn {
	/** What the endpoint was registered with, newest last. */
	readonly registrations: Registration[] = [];
	readonly settled: Settled[] = [];
	/** Requests by their method and action. */
	readonly requests: string[] = [];
	readonly removed: string[] = [];
	/** Who has fetched, and in whose place. */
	readonly consumers: Array<{ readonly consumer: string; readonly replaces: readonly string[] }> =
		[];
	/** Answered in place of everything else. */
	refusal: { status: number; code: string; more?: object } | undefined;
	/** Files of events are not found, and not before this. */
	filesReady: Promise<void> = Promise.resolve();
	/** Drops connections. */
	isAway = false;
	registered: Registration | undefined;
	private readonly waiting: Waiting[] = [];
	private readonly ended: string[] = [];
	private readonly open = new Map<object, number>();
	private server: LocalServer | undefined;
	private next = 1;
	private isStopped = false;

	/** How many events the requests want that are waiting for some. */
	get openRequests(): readonly number[] {
		return [...this.open.values()];
	}

	get url(): string {
		if (this.server === undefined) throw new Error('The stand-in has not been started');
		return this.server.url;
	}

	async start(): Promise<void> {
		this.server = await startLocalServer((request, response) => {
			response.once('close', () => this.open.delete(response));
			void this.answer(request.method ?? '', request.url ?? '', request, response).then(
				({ status, body }) => {
					response.writeHead(status, { 'content-type': 'application/json' });
					response.end(JSON.stringify(body));
				},
				() => response.destroy(),
			);
		});
	}

	async stop(): Promise<void> {
		this.isStopped = true;
		await this.server?.close();
	}

	/** Queues an event; `changes` may be what a forger or an earlier attempt makes of it. */
	push(event: { readonly id: string }, changes: Partial<Waiting> = {}): string {
		const delivery = changes.delivery ?? `dlv_${this.next}`;
		this.next += 1;
		this.waiting.push({ delivery, event, attempt: 1, ...changes });
		return delivery;
	}

	/** A worker has told the end of a delivery. */
	endElsewhere(delivery: string): void {
		this.waiting.splice(
			this.waiting.findIndex((one) => one.delivery === delivery),
			1,
		);
		this.ended.push(delivery);
	}

	/** How deliveries of a kind have ended. */
	outcomes(outcome: string): readonly string[] {
		return this.settled.filter((one) => one.outcome === outcome).map(({ delivery }) => delivery);
	}

	async settledAs(outcome: string, count: number): Promise<readonly string[]> {
		return await waitFor(`${count} to be ${outcome}`, () => {
			const found = this.outcomes(outcome);
			return found.length >= count && found;
		});
	}

	private async answer(
		method: string,
		path: string,
		request: Parameters<typeof readBody>[0],
		response: object,
	): Promise<{ status: number; body: unknown }> {
		const text = (await readBody(request)).toString();
		const action = path.split('/')[6] ?? 'endpoint';
		this.requests.push(`${method} ${action}`);
		if (this.isAway) throw new Error('Away');
		if (this.refusal) {
			const { status, code, more } = this.refusal;
			return { status, body: { ok: false, error: { code, message: code }, ...more } };
		}
		if (action === 'attachments') {
			await this.filesReady;
			const error = { code: 'attachment-gone', message: 'It is gone' };
			return { status: 410, body: { ok: false, error } };
		}
		const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
		if (method === 'PUT') {
			this.registered = body as Registration;
			this.registrations.push(this.registered);
			return { status: 200, body: { ok: true } };
		}
		if (method === 'DELETE') {
			this.removed.push(path);
			this.registered = undefined;
			return { status: 200, body: { ok: true } };
		}
		if (this.registered === undefined) {
			return { status: 404, body: { ok: false, error: { code: 'unknown-endpoint', message: '' } } };
		}
		this.settle(body.settled as Settled[], body.consumer);
		if (action === 'settle') return { status: 200, body: { ok: true } };
		const { consumer, replaces } = body as (typeof this.consumers)[number];
		this.consumers.push({ consumer, replaces });
		this.open.set(response, Number(body.max));
		const deliveries = await this.handOut(body);
		return { status: 200, body: { ok: true, deliveries, ended: this.ended.splice(0) } };
	}

	private settle(settled: readonly Settled[], consumer: unknown): void {
		for (const one of settled) {
			const index = this.waiting.findIndex(({ delivery }) => delivery === one.delivery);
			const waiting = this.waiting[index];
			// What is somebody else's is not given back.
			if (one.outcome === 'released' && waiting?.consumer !== consumer) continue;
			this.settled.push(one);
			if (waiting === undefined) continue;
			if (one.outcome === 'started') waiting.previousRun = one.run ?? '';
			else if (one.outcome === 'done' || one.outcome === 'filtered') this.waiting.splice(index, 1);
			else waiting.consumer = undefined;
		}
	}

	private async handOut(body: Record<string, unknown>): Promise<unknown[]> {
		const consumer = String(body.consumer);
		const until = Date.now() + Number(body.waitSeconds) * 1000;
		for (;;) {
			const due = this.waiting
				.filter((waiting) => waiting.consumer !== consumer)
				.slice(0, Number(body.max));
			const hasNews = due.length > 0 || this.ended.length > 0;
			if (hasNews || Date.now() >= until || this.isStopped) {
				return due.map((waiting) => this.toDelivery(waiting, consumer));
			}
			await delay(5);
		}
	}

	private toDelivery(waiting: Waiting, consumer: string): unknown {
		const { delivery, event, attempt, previousRun } = waiting;
		waiting.consumer = consumer;
		waiting.attempt += 1;
		const text = JSON.stringify(event);
		const headers = signEvent({
			id: event.id,
			body: text,
			secret: this.registered?.secret ?? 'whsec_none',
		});
		return {
			delivery,
			attempt,
			...(previousRun === undefined ? {} : { previousRun }),
			timestamp: headers['X-OpenClaw-Timestamp'],
			signature: waiting.signature ?? headers['X-OpenClaw-Signature'],
			body: text,
		};
	}
}
