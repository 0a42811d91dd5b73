import type { QueueSize } from '../../testbed/queue/instance';

/** How many processes are measured, the least first: what the others are compared with. */
export const SIZES: readonly QueueSize[] = [
	{ processors: 1, workers: 1 },
	{ processors: 2, workers: 1 },
	{ processors: 1, workers: 2 },
	{ processors: 2, workers: 2 },
	{ processors: 3, workers: 3 },
];
