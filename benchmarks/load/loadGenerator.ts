import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { LoadAnswer, LoadOrder, LoadResult } from './messages';

/** Sends requests from a process of its own, so that measuring doesn't slow the sending down. */
export interface LoadGenerator {
	/**
	 * Sends one round and waits for all answers.
	 *
	 * @throws Error when an answer has another status than expected
	 */
	run(order: LoadOrder): Promise<LoadResult>;
	stop(): void;
}

/** Starts the process; it ends by itself when this one does. */
export function startLoadGenerator(): LoadGenerator {
	const child = fork(join(__dirname, 'generator.ts'));
	return {
		run: async (order) =>
			await new Promise((resolve, reject) => {
				const ended = () => {
					reject(new Error('The load generator has ended'));
				};
				child.once('exit', ended);
				child.once('message', (answer: LoadAnswer) => {
					child.off('exit', ended);
					if (answer.ok) resolve(answer.result);
					else reject(new Error(answer.message));
				});
				child.send(order);
			}),
		stop: () => child.kill(),
	};
}
