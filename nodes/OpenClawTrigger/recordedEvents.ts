import { sleep } from 'n8n-workflow';
import { NodeRecords } from './nodeRecords';
import type { RecordIds } from './nodeRecords';

/** Entries n8n keeps per node; each write reads and writes them all, so more would cost time. */
export const MAX_RECORDED_EVENTS = 1000;

/** By then another process has written what it had read before an id came to the row. */
const SETTLED_AFTER_MS = 500;
const MOST_LOOKS = 10;

/**
 * Which events have run before, in another process or before a restart: n8n's database knows. n8n
 * reads, changes and writes one row per node, so each node has its own queue.
 */
export class RecordedEvents {
	private readonly nodes = new Map<string, NodeRecords>();

	/**
	 * Asks for an event and records it.
	 *
	 * @param node what tells this node from others, of other workflows too
	 * @param id the event's id
	 * @param record n8n's helper, bound to the node
	 * @returns whether the event is new
	 * @throws what `record` throws twice in a row
	 */
	async isNew(node: string, id: string, record: RecordIds): Promise<boolean> {
		return await this.of(node).add(id, record, 'now');
	}

	/**
	 * Records an event that runs without being asked for, together with others.
	 *
	 * @returns once it is recorded, whether it was new
	 * @throws what `record` throws twice in a row
	 */
	async recordSoon(node: string, id: string, record: RecordIds): Promise<boolean> {
		return await this.of(node).add(id, record, 'soon');
	}

	/**
	 * Looks, some time after an event was recorded, whether it still is, and records it again where not:
	 * a process that writes the row at the same moment as another one writes over what that one added.
	 *
	 * @throws what `record` throws twice in a row
	 */
	async keep(node: string, id: string, record: RecordIds): Promise<void> {
		for (let look = 0; look < MOST_LOOKS; look += 1) {
			await sleep(SETTLED_AFTER_MS);
			if (!(await this.recordSoon(node, id, record))) return;
		}
	}

	private of(node: string): NodeRecords {
		const present = this.nodes.get(node);
		if (present) return present;
		const created = new NodeRecords();
		this.nodes.set(node, created);
		return created;
	}
}
