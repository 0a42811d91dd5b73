import { sleep } from 'n8n-workflow';
import { waitAtMost } from '../../shared/retry';
import type { Settlement, Trouble } from './gateway';

/** What is settled within this time goes to the gateway together. */
const GATHER_MS = 100;
const MAX_PER_REQUEST = 200;
const FIRST_PAUSE_MS = 1_000;
/** What is not told when n8n is killed may run twice. */
const LONGEST_PAUSE_MS = 5_000;
/** In all about an hour; by then the gateway has handed the events to somebody else, or keeps them. */
const MAX_TRIES = 720;

/** Sends settlements; anything but `ok` and `away` means that the gateway does not want them. */
export type SendSettlements = (
	settled: readonly Settlement[],
) => Promise<{ readonly kind: 'ok' | Trouble['kind'] }>;

/** What became of the deliveries, on its way to the gateway: together, and again until it has arrived. */
export class Settlements {
	private readonly pending = new Map<string, Settlement>();
	private sending: Promise<void> | undefined;

	/**
	 * Each delivery's latest news: that it has ended makes it needless to say that it was started, or that it went
	 * back before it was handed out once more.
	 *
	 * @param gatherMs how long to wait for more to send together; 0 when n8n may be about to end
	 */
	add(settlement: Settlement, send: SendSettlements, gatherMs = GATHER_MS): void {
		const known = this.pending.get(settlement.delivery);
		if (known !== undefined && !isProvisional(known)) return;
		const run = settlement.run ?? known?.run;
		this.pending.set(settlement.delivery, { ...settlement, ...(run === undefined ? {} : { run }) });
		this.sending ??= this.send(send, gatherMs).finally(() => {
			this.sending = undefined;
		});
	}

	/** Takes what is waiting, for a request that goes to the gateway anyway. */
	take(): readonly Settlement[] {
		const taken = [...this.pending.values()].slice(0, MAX_PER_REQUEST);
		for (const { delivery } of taken) this.pending.delete(delivery);
		return taken;
	}

	/** For a request that did not arrive. */
	putBack(settled: readonly Settlement[], send: SendSettlements): void {
		for (const settlement of settled) {
			if (!this.pending.has(settlement.delivery)) this.add(settlement, send);
		}
	}

	/** Waits until everything has been sent, but no longer than so many milliseconds. */
	async flush(milliseconds: number): Promise<void> {
		await waitAtMost(milliseconds, this.sending);
	}

	private async send(send: SendSettlements, gatherMs: number): Promise<void> {
		let wait = FIRST_PAUSE_MS;
		let tries = 0;
		await sleep(gatherMs);
		while (this.pending.size > 0) {
			const settled = this.take();
			const { kind } = await send(settled);
			tries = kind === 'ok' ? 0 : tries + 1;
			if (tries >= MAX_TRIES) this.pending.clear();
			else if (kind === 'away' || kind === 'refused') {
				for (const settlement of settled) {
					if (!this.pending.has(settlement.delivery)) {
						this.pending.set(settlement.delivery, settlement);
					}
				}
				await sleep(wait);
				wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
			} else {
				wait = FIRST_PAUSE_MS;
				if (this.pending.size > 0) await sleep(GATHER_MS);
			}
		}
	}
}

function isProvisional({ outcome }: Settlement): boolean {
	return outcome === 'started' || outcome === 'released';
}
