import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../../testbed/gateway';
import type { N8n } from '../../testbed/n8n/instance';
import { triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp, type CredentialReference } from '../../testbed/n8n/workflow';
import { cpuTimeMs, settledCpuTimeMs } from '../cpuTime';
import { residentMebibytes } from '../residentMemory';
import { median } from '../statistics';
import { endpointOf } from './feed';

export const IDLE_TRIGGERS = 20;
export const IDLE_SECONDS = 150;
const LOOK_SECONDS = 5;
/** Publishing leaves things behind that are cleared away. */
const SETTLE_SECONDS = 30;

/** A program that has nothing to do. */
export interface Idle {
	/** Of one core. */
	readonly cpuShare: number;
	/** Resident memory in MiB, in the first and in the last third. */
	readonly memoryBefore: number;
	readonly memoryAfter: number;
}

export interface IdlePrograms {
	readonly n8n: Idle;
	readonly gateway: Idle;
}

/** Both programs before any trigger is connected, and with all of them. */
export async function measureIdle(
	n8n: N8n,
	gateway: Gateway,
	credential: CredentialReference,
	note: (text: string) => void,
): Promise<{ readonly alone: IdlePrograms; readonly connected: IdlePrograms }> {
	note(`${String(IDLE_SECONDS)} s without a trigger`);
	const alone = await watch(n8n, gateway);
	for (let index = 1; index <= IDLE_TRIGGERS; index += 1) {
		note(`publishing trigger ${String(index)} of ${String(IDLE_TRIGGERS)}`);
		const trigger = triggerNode(credential, { endpointSetup: 'connection' });
		const workflow = await n8n.client.createWorkflow({
			name: `Idle ${String(index)}`,
			nodes: [trigger, noOp('Done')],
			connections: chain(trigger.name, 'Done'),
		});
		await n8n.client.publish(workflow);
		await endpointOf(gateway, workflow.id);
	}
	await delay(SETTLE_SECONDS * 1000);
	note(`${String(IDLE_SECONDS)} s with ${String(IDLE_TRIGGERS)} triggers`);
	return { alone, connected: await watch(n8n, gateway) };
}

async function watch(n8n: N8n, gateway: Gateway): Promise<IdlePrograms> {
	const pids = { n8n: n8n.pid, gateway: gateway.pid };
	const memory = { n8n: [] as number[], gateway: [] as number[] };
	await settledCpuTimeMs(pids.n8n);
	await settledCpuTimeMs(pids.gateway);
	const before = { n8n: cpuTimeMs(pids.n8n), gateway: cpuTimeMs(pids.gateway) };
	const started = performance.now();
	for (let second = 0; second < IDLE_SECONDS; second += LOOK_SECONDS) {
		await delay(LOOK_SECONDS * 1000);
		memory.n8n.push(residentMebibytes(pids.n8n) ?? NaN);
		memory.gateway.push(residentMebibytes(pids.gateway) ?? NaN);
	}
	const elapsed = performance.now() - started;
	const idle = (name: 'n8n' | 'gateway'): Idle => {
		const third = Math.floor(memory[name].length / 3);
		return {
			cpuShare: (cpuTimeMs(pids[name]) - before[name]) / elapsed,
			memoryBefore: median(memory[name].slice(0, third)),
			memoryAfter: median(memory[name].slice(-third)),
		};
	};
	return { n8n: idle('n8n'), gateway: idle('gateway') };
}
