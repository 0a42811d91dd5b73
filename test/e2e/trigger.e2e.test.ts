import { createHmac } from 'node:crypto';
import { createEventId, EVENT_TYPES, type OpenClawEvent } from '../../index';
import {
	FORGERIES,
	MALFORMED,
	NEAR_MISSES,
	REPLAYS,
	UNREADABLE,
	type Attack,
} from '../../conformance/src/attacks';
import { ODD_EVENTS } from '../../conformance/src/oddEvents';
import { capturedEvent, capturedEvents } from '../../testbed/capturedEvents';
import { textAt } from '../../testbed/json';
import { CREDENTIAL_TYPE } from '../../testbed/n8n/openclawNodes';
import type { Delivery } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { environment } from './support/environment';
import {
	publishTrigger,
	RECEIVERS,
	TRIGGER,
	type TriggerWorkflow,
} from './support/triggerWorkflow';

const { n8n } = environment();
const RECEIVED = { received: true };

describe('an event that is accepted', () => {
	let hook: TriggerWorkflow;
	const arrived = new Map<unknown, unknown>();

	beforeAll(async () => {
		hook = await publishTrigger(n8n);
	});

	/** Sends, then waits for the item of this event. */
	async function itemOf(event: OpenClawEvent, delivery: Partial<Delivery> = {}): Promise<unknown> {
		const { status, json } = await hook.send({ event, ...delivery });
		expect({ status, json }).toEqual({ status: 200, json: RECEIVED });
		return await waitFor('the item', async () => {
			for (const execution of await hook.executions(arrived.size + 1)) {
				for (const { meta, ...item } of execution.json('Arrived')) {
					expect(meta).toMatchObject({ keyIndex: 0, unsigned: { attempt: 1 } });
					arrived.set(item.id, item);
				}
			}
			return arrived.get(event.id);
		});
	}

	const kinds = ODD_EVENTS.map((kind) => [kind.name, kind] as const);

	test('is of each of the types', () => {
		const types = new Set(capturedEvents().map(({ type }) => type));
		expect([...types].sort()).toEqual([...EVENT_TYPES].sort());
	});

	test.each(kinds)('may be one %s', async (_name, { requests }) => {
		const all = requests(hook.secret);
		for (const { event, delivery } of all) expect(await itemOf(event, delivery)).toEqual(event);
		expect(all.length).toBeGreaterThan(0);
	});
});

describe('a request that is refused', () => {
	let hook: TriggerWorkflow;
	const named = <Each extends Attack>(attacks: readonly Each[]) =>
		attacks.map((attack) => [attack.name, attack] as const);

	beforeAll(async () => {
		hook = await publishTrigger(n8n);
	});

	afterAll(async () => {
		expect(await hook.executionsSoFar()).toEqual([]);
	});

	test.each(named([...FORGERIES, ...NEAR_MISSES]))(
		'is answered with 401 and no more: %s',
		async (_name, { delivery }) => {
			const answer = await hook.send(delivery(hook.secret));
			expect({ status: answer.status, json: answer.json }).toEqual({
				status: 401,
				json: { received: false, message: 'The request could not be verified' },
			});
		},
	);

	test.each(named(MALFORMED))(
		'is answered with 4xx although it is signed: %s',
		async (_name, { delivery, status, earlierStatus = status }) => {
			const answer = await hook.send(delivery(hook.secret));
			expect([status, earlierStatus]).toContain(answer.status);
		},
	);

	test.each(named(UNREADABLE))(
		'leaves no execution when n8n itself, which parses it, cannot read it: %s',
		async (_name, { delivery }) => {
			const { status } = await hook.send(delivery(hook.secret));
			expect(status).toBeGreaterThanOrEqual(400);
		},
	);
});

test.each(REPLAYS.map((replay) => [replay.name, replay] as const))(
	'a genuine request that somebody recorded runs nothing when it is %s',
	async (_name, { copies }) => {
		const hook = await publishTrigger(n8n);
		const genuine = {
			event: capturedEvent('message.received'),
			timestamp: Math.floor(Date.now() / 1000),
		};
		expect(await hook.send(genuine)).toMatchObject({ status: 200, json: RECEIVED });
		await hook.executions(1);
		const answers = await Promise.all(
			Array.from({ length: copies }, async () => hook.send(genuine)),
		);
		// Another process that receives events starts an execution, in which nothing runs; until that is
		// answered, it wants no further copies.
		const refused = answers.filter(({ status }) => status === 409);
		expect(RECEIVERS > 1 ? [] : refused).toEqual([]);
		const accepted = answers.filter((answer) => !refused.includes(answer));
		expect(accepted.map(({ status }) => status)).toEqual(Array(accepted.length).fill(200));
		const taken = accepted.filter(({ json }) => textAt(json, 'status') !== 'duplicate');
		expect(taken.length).toBeLessThan(RECEIVERS);
		const executions = await hook.executionsSoFar();
		expect(executions).toHaveLength(1 + taken.length);
		expect(executions.filter((execution) => execution.ran('Arrived'))).toHaveLength(1);
	},
);

describe('without a secret', () => {
	const withSecret = (signingSecret: string) =>
		credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret });

	test('a workflow cannot be published', async () => {
		await expect(publishTrigger(n8n, {}, '  ')).rejects.toThrow(
			"The 'Signing Secret' of the credential is empty",
		);
	});

	test('a published workflow refuses everything', async () => {
		const hook = await publishTrigger(n8n);
		await n8n.updateCredential(hook.credential, CREDENTIAL_TYPE, withSecret(''));
		const send = async (secret: string) => {
			const event = { ...capturedEvent('message.sent'), id: createEventId() };
			return (await hook.send({ event, secret })).status;
		};
		await waitFor('the secret to be gone', async () => (await send(hook.secret)) === 401);
		const event = capturedEvent('message.sent');
		const timestamp = String(Math.floor(Date.now() / 1000));
		const hmac = createHmac('sha256', '').update(`${timestamp}.${JSON.stringify(event)}`);
		const headers = {
			'x-openclaw-timestamp': timestamp,
			'x-openclaw-signature': `sha256=${hmac.digest('hex')}`,
		};
		expect((await hook.send({ event, headers })).status).toBe(401);
		const before = await n8n.executions(hook.workflow);
		expect(await send(hook.secret)).toBe(401);
		expect(await send('undefined')).toBe(401);
		await n8n.updateCredential(hook.credential, CREDENTIAL_TYPE, withSecret(hook.secret));
		await waitFor('the secret to be back', async () => (await send(hook.secret)) === 200);
		expect(await hook.executions(before.length + 1)).toHaveLength(before.length + 1);
	});
});

test('a header of the sender cannot reach into the item unasked', async () => {
	const hook = await publishTrigger(n8n);
	const event = capturedEvent('message.sent');
	await hook.send({
		event,
		headers: { 'x-openclaw-attempt': 'DROP', 'x-openclaw-delivery': 'dlv' },
	});
	const [execution] = await hook.executions(1);
	expect(execution?.json(TRIGGER)[0]).toMatchObject({ meta: { unsigned: { delivery: 'dlv' } } });
	expect(execution?.json(TRIGGER)[0]).not.toHaveProperty('headers');
});
