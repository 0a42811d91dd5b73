import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import type { HttpSink } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { issueToken } from '../../testbed/pluginToken';
import { callMarker } from '../../testbed/scriptedReply';
import { preciseNow } from './times';
import type { HookTimes } from './times';

/** Calls of this tool wait until they are allowed. */
export const APPROVALS = [{ name: 'commands', tools: ['exec'] }];

const requestedIn = (json: unknown) =>
	textAt(json, 'type') === 'approval.requested' ? textAt(json, 'data', 'approval', 'id') : '';

/**
 * Has an agent call a tool that waits, allows it as a workflow does, and takes the time from the request that
 * decides to the moment at which the call goes on.
 *
 * @returns milliseconds of each
 */
export async function measureDecisions(
	gateway: Gateway,
	sink: HttpSink,
	readTimes: () => Promise<HookTimes>,
	count: number,
): Promise<readonly number[]> {
	const token = await issueToken(gateway, 'approvals');
	const taken: number[] = [];
	const known = new Set<string>();
	const isNew = ({ json }: { readonly json: unknown }) => {
		const id = requestedIn(json);
		return id !== '' && !known.has(id);
	};
	while (taken.length < count) {
		const text = `Do it: ${callMarker('exec', { command: 'true' })}`;
		const turn = askAgent(gateway.url, { text, user: `approved-${String(known.size)}` });
		const id = requestedIn((await sink.waitForRequest(isNew, { everyMs: 2 })).json);
		known.add(id);
		const decided = preciseNow();
		const answer = await fetch(`${gateway.url}/plugins/event-webhooks/api/approvals/${id}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
			body: JSON.stringify({ decision: 'allow', by: 'bench' }),
		});
		if (!answer.ok) throw new Error(`The decision was answered ${String(answer.status)}`);
		await turn;
		// In every other turn bare writes are timed instead.
		const [wentOn] = (await readTimes()).wentOn;
		if (wentOn !== undefined) taken.push(wentOn - decided);
	}
	return taken;
}
