import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { StandInCount, StandInMessage } from './messages';

/** An HTTP server in a process of its own which accepts every message at once. */
export interface GatewayStandIn {
	readonly url: string;
	/** What came since the last time it was asked. */
	takeCount(): Promise<StandInCount>;
	stop(): void;
}

/** Starts the process; it ends by itself when this one does. */
export async function startGatewayStandIn(): Promise<GatewayStandIn> {
	const child = fork(join(__dirname, 'standIn.ts'));
	const nextMessage = async () =>
		await new Promise<StandInMessage>((resolve, reject) => {
			const ended = () => {
				reject(new Error('The stand-in for the gateway has ended'));
			};
			child.once('exit', ended);
			child.once('message', (message: StandInMessage) => {
				child.off('exit', ended);
				resolve(message);
			});
		});
	const ready = await nextMessage();
	if (ready.kind !== 'ready') throw new Error('The stand-in for the gateway did not start');
	return {
		url: ready.url,
		takeCount: async () => {
			child.send('count');
			const answer = await nextMessage();
			if (answer.kind !== 'count') throw new Error('The stand-in gave no count');
			return answer.count;
		},
		stop: () => child.kill(),
	};
}
