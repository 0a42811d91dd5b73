import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { SmallDisk } from '../../testbed/smallDisk';

/** Something that keeps the plugin from its database for a while. */
export type DiskTrouble = 'locked by another process' | 'full' | 'withdrawn';

/** Milliseconds that a trouble, and the peace after it, last at most. */
const LONGEST_TROUBLE_MS = 12_000;
const LONGEST_PEACE_MS = 4000;

/** How often each trouble came. */
export type TroubleCounts = Readonly<Record<DiskTrouble, number>>;

/**
 * Locks, fills and withdraws the disk of a plugin's data at random.
 *
 * @param until milliseconds by `performance.now()`
 */
export async function troubleDisk(
	disk: SmallDisk,
	until: number,
	note: (trouble: DiskTrouble, milliseconds: number) => void,
): Promise<TroubleCounts> {
	const counts = { 'locked by another process': 0, full: 0, withdrawn: 0 };
	const troubles = Object.keys(counts) as DiskTrouble[];
	while (performance.now() < until) {
		const trouble = troubles[Math.floor(Math.random() * troubles.length)] ?? 'full';
		const milliseconds = 1000 + Math.random() * LONGEST_TROUBLE_MS;
		note(trouble, milliseconds);
		const end = begin(trouble, disk);
		try {
			await delay(milliseconds);
		} finally {
			end();
		}
		counts[trouble] += 1;
		await delay(Math.random() * LONGEST_PEACE_MS);
	}
	return counts;
}

/** Begins a trouble; the returned function ends it. */
function begin(trouble: DiskTrouble, disk: SmallDisk): () => void {
	if (trouble === 'withdrawn') {
		disk.withdraw();
		return () => {
			disk.giveBack();
		};
	}
	if (trouble === 'full') {
		disk.fill();
		return () => {
			disk.free();
		};
	}
	const other = new DatabaseSync(join(disk.path, 'event-webhooks.sqlite'), { timeout: 10_000 });
	other.exec('BEGIN IMMEDIATE');
	return () => {
		other.exec('ROLLBACK');
		other.close();
	};
}
