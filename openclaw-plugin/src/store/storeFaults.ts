import { basename } from 'node:path';
import { clearFault, reportFault } from '../health/faults';
import type { CarriedOver } from './carryOver';
import type { StoreEvents } from './link';
import { listSetAside } from './setAside';

const ADVICE = 'What was delivered is in there only. Delete it when it is not needed any more.';

/**
 * Makes the failures of a folder's database known as faults, among them the databases that were set
 * aside earlier and are still there.
 */
export function reportStoreFaults(folder: string): StoreEvents {
	const recovered = () => {
		clearFault(folder, 'disk-full');
		clearFault(folder, 'database-unavailable');
	};
	const reportReplaced = (subject: string, message: string) => {
		reportFault(folder, { code: 'database-replaced', subject, severity: 'notice', message });
	};
	for (const file of listSetAside(folder)) {
		reportReplaced(basename(file), `A damaged database was set aside as ${file}. ${ADVICE}`);
	}
	return {
		failed: ({ failure, message }) => {
			const code = failure === 'full' ? 'disk-full' : 'database-unavailable';
			reportFault(folder, { code, severity: 'fault', message });
		},
		recovered,
		replaced: ({ aside, carried }) => {
			recovered();
			const summary = summarize(carried);
			if (aside === undefined) {
				reportReplaced('deleted', `The database was deleted and made anew. ${summary}`);
			} else {
				const what = `The database was damaged. A new one took its place; ${summary}`;
				reportReplaced(basename(aside), `${what} The damaged one is ${aside}. ${ADVICE}`);
			}
		},
	};
}

function summarize({ deliveries, lostDeliveries, others }: CarriedOver): string {
	const carried = `${String(deliveries)} deliveries and ${String(others)} settings`;
	const lost =
		lostDeliveries === 0 ? '' : `; ${String(lostDeliveries)} deliveries could not be read`;
	return `${carried} were carried over${lost}.`;
}
