import type { ITriggerFunctions } from 'n8n-workflow';
import type { OpenClawEvent } from '../../../protocol/event';
import { createEventId } from '../../../protocol/eventId';
import { createSigningKeys } from '../../../protocol/keys';
import { createSecret } from '../../../protocol/secret';
import { pause, waitAtMost } from '../../shared/retry';
import { runSource } from '../../shared/runSource';
import { createSelection } from '../event/filter';
import { readConnectionSettings, readSettings } from '../event/settings';
import type { ConnectionSettings, Settings } from '../event/settings';
import { EventClaims } from '../once/claim';
import { registrantOf } from '../setup/endpoint';
import { acceptDelivery } from './accept';
import { runEvents } from './execution';
import type { HeldEvent } from './execution';
import { EndpointClient } from './gateway';
import type { Answer, Fetched, FetchedDelivery, FetchRequest, Settlement } from './gateway';
import { failureOf, Outage } from './outage';
import { EventQueue } from './queue';
import { Settlements } from './settlements';

const WAIT_SECONDS = 25;
const MAX_PER_FETCH = 100;
/** So many events may be held at least, so that a busy session does not keep others from being fetched. */
const HELD_AT_LEAST = 64;
/** How long the last settlements may take when n8n stops. */
const LAST_WORDS_MS = 3_000;
/** How long to wait for an execution that an earlier life of n8n has left to a worker. */
const BUSY_PAUSE_MS = 30_000;
const MAX_CONSUMERS = 100;
/** As many as the gateway reads. */
const MAX_REPLACED = 20;
const STILL_RUNS = 'An earlier execution of it still runs';

/** A published version of the workflow, for as long as n8n has it active. */
interface Work {
	readonly context: ITriggerFunctions;
	readonly client: EndpointClient;
	readonly settings: Settings;
	readonly rules: ConnectionSettings;
	readonly isWanted: (event: OpenClawEvent) => boolean;
	readonly closing: AbortController;
	/** Ends soon after `closing`. */
	fetching: Promise<void>;
	/** Whether the endpoint is known to be as this version wants it. */
	isRegistered: boolean;
	from: 'new' | 'waiting';
}

/**
 * Who fetches the events of one endpoint in this process, and runs each to its end. It outlives the
 * versions of the workflow: what is running when one ends is settled all the same, and a delivery that the
 * gateway hands out again meanwhile is known.
 */
export class Listener {
	private readonly secret = createSecret();
	private readonly keys = createSigningKeys([this.secret]);
	private consumer = createEventId();
	/** Under which names it has fetched, the present one last. */
	private readonly consumers = new Set([this.consumer]);
	private readonly held = new Map<string, HeldEvent>();
	/** What ends the wait for an execution, by the deliveries that it runs. */
	private readonly endings = new Map<string, () => void>();
	/** Each attempt is started once, whatever is handed out. */
	private readonly begun = new EventClaims();
	/** The events that have ended, should the gateway not have heard of it, or somebody send one once more. */
	private readonly finished = new EventClaims();
	private readonly queue = new EventQueue<HeldEvent>();
	private readonly settlements = new Settlements();
	private readonly outage = new Outage();
	private running = 0;
	private isGathering = false;
	private work: Work | undefined;
	private onRoom: () => void = () => undefined;

	/**
	 * @param replaced ids that the gateway may take for somebody else who is still there: of an earlier listener of
	 * this endpoint, and later its own that were given up
	 */
	constructor(
		private readonly name: string,
		private replaced: readonly string[] = [],
	) {}

	/** What a successor in this process has to name, so that the gateway knows it. */
	get lastConsumers(): readonly string[] {
		return [...this.replaced, this.consumer].slice(-MAX_REPLACED);
	}

	/** Whether an event was fetched by this process. */
	owns(consumer: string): boolean {
		return this.consumers.has(consumer);
	}

	/** Whether it has nothing to remember. */
	get isIdle(): boolean {
		return this.work === undefined && this.held.size === 0 && !this.outage.hasBeenTold;
	}

	/**
	 * Begins to fetch events for a version of the workflow.
	 *
	 * @throws NodeOperationError when somebody has just published and the gateway refuses; when n8n starts
	 * by itself, the gateway is asked again instead
	 */
	async open(context: ITriggerFunctions): Promise<void> {
		await this.close();
		const mode = context.getActivationMode();
		const settings = readSettings(context);
		const work: Work = {
			context,
			client: new EndpointClient(context, this.name),
			settings,
			rules: readConnectionSettings(context),
			isWanted: createSelection(settings, runSource(context), (message) => {
				context.logger.warn(`OpenClaw Trigger left out an event: ${message}`);
			}),
			closing: new AbortController(),
			fetching: Promise.resolve(),
			isRegistered: false,
			from: mode === 'activate' && !this.outage.hasBeenTold ? 'new' : 'waiting',
		};
		this.queue.useLanes(lanesBy(work.rules.order));
		this.work = work;
		if (mode === 'activate' || mode === 'update') {
			const answer = await this.fetch(work, 0);
			if (answer.kind !== 'ok') {
				this.work = undefined;
				throw failureOf(context, answer.text);
			}
		}
		work.fetching = this.keepFetching(work);
	}

	/** Ends what {@link open} began. Events that wait go back to the gateway; those that run go on. */
	async close(): Promise<void> {
		const { work } = this;
		if (work === undefined) return;
		this.work = undefined;
		work.closing.abort();
		// What its last request was to tell is told below.
		await waitAtMost(LAST_WORDS_MS, work.fetching);
		for (const held of this.queue.drain()) this.giveBack(work, held);
		await this.settlements.flush(LAST_WORDS_MS);
		// An answer that was on its way is lost, too; but only who has fetched an event gives it back.
		this.changeConsumer();
	}

	/** Reports the execution in which an event is started. */
	started(delivery: string, run: string): void {
		if (this.work !== undefined && this.held.has(delivery)) {
			this.report(this.work, { delivery, outcome: 'started', run });
		}
	}

	private async keepFetching(work: Work): Promise<void> {
		const { signal } = work.closing;
		const isOver = () => signal.aborted;
		for (;;) {
			const answer = this.hasRoom(work)
				? await this.fetch(work, WAIT_SECONDS)
				: await this.keepPlace(work);
			if (isOver()) return;
			if (answer.kind === 'ok') {
				this.outage.isOver(work.context);
				continue;
			}
			// One that was removed is registered again at once.
			const isLost = answer.kind === 'unknown' && work.isRegistered;
			work.isRegistered = work.isRegistered && answer.kind !== 'unknown';
			if (!isLost) await pause(this.outage.goesOn(work.context, answer, Date.now()), signal);
		}
	}

	private async fetch(work: Work, waitSeconds: number): Promise<Answer<Fetched>> {
		const { client, closing } = work;
		if (!work.isRegistered) {
			const registered = await client.register(this.describe(work));
			if (registered.kind !== 'ok') return registered;
			work.isRegistered = true;
			work.from = 'waiting';
		}
		const settled = this.settlements.take();
		const room = capacity(work.rules) - this.held.size;
		const max = Math.min(MAX_PER_FETCH, Math.max(0, room));
		const request = {
			consumer: this.consumer,
			replaces: this.replaced,
			max,
			waitSeconds,
			settled,
		};
		const answer = await this.ask(work, request);
		if (answer.kind === 'ok') {
			this.replaced = [];
			for (const delivery of answer.value.deliveries) this.accept(work, delivery);
			this.startNext(work);
		} else {
			this.settlements.putBack(settled, this.senderOf(work));
			// What the lost answer may have held is handed out again, to a consumer that asks anew.
			if (answer.kind === 'away' && !closing.signal.aborted) this.changeConsumer();
		}
		return answer;
	}

	/** Asks for events. What workers have ended is heard of, whoever still waits for the answer. */
	private async ask({ client, closing }: Work, request: FetchRequest): Promise<Answer<Fetched>> {
		const answer = await client.fetch(request, closing.signal);
		const ended = answer.kind === 'ok' ? answer.value.ended : [];
		for (const delivery of ended) this.endings.get(delivery)?.();
		return answer;
	}

	/** What the endpoint at the gateway has to be like. */
	private describe({ settings, rules, context, from }: Work): Readonly<Record<string, unknown>> {
		const { ids } = settings.filters;
		return {
			kind: 'connection',
			events: settings.events,
			...(Object.keys(ids).length === 0 ? {} : { filter: ids }),
			secret: this.secret,
			// What another listener has signed is nothing to this one.
			overlapHours: 0,
			holdHours: rules.holdHours,
			from,
			registrant: registrantOf(context),
			consumer: this.consumer,
			replaces: this.replaced,
		};
	}

	private accept(work: Work, fetched: FetchedDelivery): void {
		const { delivery, attempt, previousRun } = fetched;
		if (this.held.has(delivery)) return;
		const now = Date.now();
		const accepted = acceptDelivery(fetched, this.keys, work.settings, work.isWanted, now);
		if (accepted.kind === 'filtered') {
			this.report(work, { delivery, outcome: 'filtered' });
		} else if (accepted.kind === 'refused') {
			const { reason } = accepted;
			work.context.logger.warn(`OpenClaw Trigger refused a fetched event: ${reason}`, { delivery });
			this.report(work, { delivery, outcome: 'failed', reason });
			// A gateway that was restored from a backup signs with another secret.
			if (reason === 'signature-mismatch') work.isRegistered = false;
		} else {
			const earlier = previousRun === undefined ? {} : { previousRun };
			const { event, item } = accepted;
			const isThere = [...this.held.values()].some((held) => held.event.id === event.id);
			if (isThere || this.finished.has(event.id)) {
				const reason = isThere ? 'It is there already' : 'It has ended before';
				this.report(work, { delivery, outcome: 'done', reason });
				return;
			}
			this.hold({ delivery, attempt, ...earlier, event, item, arrivedAt: now, looks: 0 });
		}
	}

	private hold(held: HeldEvent): void {
		this.held.set(held.delivery, held);
		this.queue.add(held);
	}

	/** Starts as many executions as may run. */
	private startNext(work: Work): void {
		const { maxParallel, itemsPerExecution, batchSeconds } = work.rules;
		while (this.work === work && this.running < maxParallel) {
			const ready = this.queue.countReady(itemsPerExecution);
			if (ready === 0) return;
			const { arrivedAt } = this.queue.first ?? { arrivedAt: 0 };
			const wait = Math.min(batchSeconds * 1000, arrivedAt + batchSeconds * 1000 - Date.now());
			if (ready < itemsPerExecution && wait > 0) {
				void this.gather(work, wait);
				return;
			}
			const { entries, free } = this.queue.take(itemsPerExecution);
			this.running += 1;
			void this.execute(work, entries).finally(() => {
				free();
				this.running -= 1;
				if (this.work !== undefined) this.startNext(this.work);
				this.onRoom();
			});
		}
	}

	/** Waits for more events to run together with those that are there. */
	private async gather(work: Work, milliseconds: number): Promise<void> {
		if (this.isGathering) return;
		this.isGathering = true;
		await pause(milliseconds, work.closing.signal);
		this.isGathering = false;
		if (this.work !== undefined) this.startNext(this.work);
	}

	private async execute(work: Work, events: readonly HeldEvent[]): Promise<void> {
		const { context, rules } = work;
		const startedAt = Date.now();
		const fresh = events.filter(({ event, delivery, attempt, looks }) => {
			const key = [event.id, delivery, attempt, looks].join(' ');
			const isFirst = this.begun.claim(key, startedAt) === 'first';
			if (!isFirst) this.settle(work, { delivery, outcome: 'done', reason: 'It ran before' });
			return isFirst;
		});
		if (fresh.length === 0) return;
		const origin = { endpoint: this.name, consumer: this.consumer };
		const ended = new Promise<undefined>((resolve) => {
			const end = () => {
				resolve(undefined);
			};
			for (const { delivery } of fresh) this.endings.set(delivery, end);
		});
		const results = await Promise.race([runEvents(context, rules, origin, fresh), ended]);
		for (const { delivery } of fresh) this.endings.delete(delivery);
		if (results === undefined) {
			// Its worker has told the gateway; n8n tells nobody of an execution that it ended there.
			for (const { delivery } of fresh) this.held.delete(delivery);
			return;
		}
		const durationMs = Math.max(0, Date.now() - startedAt);
		for (const [place, held] of fresh.entries()) {
			const result = results[place];
			if (result === undefined) continue;
			if (result.kind === 'busy') {
				void this.lookLater(work, held);
			} else {
				const { outcome, reason } = result;
				const why = reason === undefined ? {} : { reason };
				if (outcome === 'done') this.finished.claim(held.event.id, startedAt);
				this.settle(work, { delivery: held.delivery, outcome, durationMs, ...why });
			}
		}
	}

	/** An execution that goes on at a worker may still end well: its event is not started a second time. */
	private async lookLater(work: Work, held: HeldEvent): Promise<void> {
		const later = { ...held, looks: held.looks + 1 };
		if (await pause(BUSY_PAUSE_MS, work.closing.signal)) {
			this.queue.add(later);
			this.startNext(work);
		} else {
			this.giveBack(work, later);
		}
	}

	/** What has not been started goes back as it is; any other attempt would be taken for that one. */
	private giveBack(work: Work, { delivery, looks }: HeldEvent): void {
		if (looks === 0) this.settle(work, { delivery, outcome: 'released' });
		else this.settle(work, { delivery, outcome: 'failed', reason: STILL_RUNS });
	}

	private settle(work: Work, settlement: Settlement): void {
		this.held.delete(settlement.delivery);
		this.report(work, settlement);
	}

	private report(work: Work, settlement: Settlement): void {
		const gatherMs = this.work === undefined ? 0 : undefined;
		this.settlements.add(settlement, this.senderOf(work), gatherMs);
	}

	private senderOf({ client }: Work) {
		return async (settled: readonly Settlement[]) => await client.settle(this.consumer, settled);
	}

	private changeConsumer(): void {
		this.replaced = this.lastConsumers;
		this.consumer = createEventId();
		this.consumers.add(this.consumer);
		const [oldest] = this.consumers;
		if (this.consumers.size > MAX_CONSUMERS && oldest !== undefined) this.consumers.delete(oldest);
	}

	/** Whether more can be taken: not before half of what may be held is done. */
	private hasRoom({ rules }: Work): boolean {
		return this.held.size <= capacity(rules) / 2;
	}

	/**
	 * Lets the gateway know that this listener is there while it can take nothing more, until there is room. By the
	 * open request the gateway notices at once when this process dies, too.
	 */
	private async keepPlace(work: Work): Promise<Answer<Fetched>> {
		const nothing: Answer<Fetched> = { kind: 'ok', value: { deliveries: [], ended: [] } };
		const room = new Promise<Answer<Fetched>>((resolve) => {
			this.onRoom = () => {
				if (this.hasRoom(work)) resolve(nothing);
			};
		});
		const { consumer, replaced: replaces } = this;
		const request = { consumer, replaces, max: 0, waitSeconds: WAIT_SECONDS, settled: [] };
		// The next request ends this one at the gateway.
		return await Promise.race([this.ask(work, request), room]);
	}
}

/** How many events may be held: as many as run, and those that run next. */
function capacity({ maxParallel, itemsPerExecution }: ConnectionSettings): number {
	return Math.max(HELD_AT_LEAST, 4 * maxParallel * itemsPerExecution);
}

function lanesBy(order: ConnectionSettings['order']): (held: HeldEvent) => string | undefined {
	if (order === 'parallel') return () => undefined;
	if (order === 'sequential') return () => 'all';
	return ({ event: { data } }) => {
		const session: unknown = data['sessionKey'] ?? data.sessionId;
		return typeof session === 'string' ? session : undefined;
	};
}
