import type { IConnections, INode, INodeExecutionData } from 'n8n-workflow';
import {
	installDeduplicator,
	type CoreHarness,
	type MemoryDeduplicator,
} from '../../../support/coreHarness';
import {
	event,
	open,
	SECRET,
	signed,
	TRIGGER,
	triggerOfAnotherProcess,
	type SignOptions,
} from '../support/triggerHarness';

let deduplicator: MemoryDeduplicator;

beforeAll(async () => {
	deduplicator = await installDeduplicator();
});

describe('an accepted event', () => {
	test('becomes the item, with what the signature proves and what it does not', async () => {
		const { harness } = open();
		const sent = event();
		const answer = await harness.receive(
			TRIGGER,
			signed(sent, { headers: { 'x-openclaw-attempt': '3', 'x-openclaw-delivery': 'dlv_1' } }),
		);
		expect(answer).toMatchObject({ status: 200, body: { received: true } });
		const { meta, ...rest } = answer.workflowData?.[0]?.[0]?.json ?? {};
		expect(rest).toEqual(sent);
		expect(meta).toEqual({
			verifiedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
			signedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
			keyIndex: 0,
			unsigned: { attempt: 3, delivery: 'dlv_1' },
		});
	});

	test('runs what comes after the trigger', async () => {
		const { harness } = open();
		const { workflowData } = await harness.receive(TRIGGER, signed(event()));
		const { A = [] } = await harness.outputs(TRIGGER, workflowData ?? []);
		expect(A).toEqual([expect.objectContaining({ text: 'main' })]);
	});

	test.each([
		['text/plain', 'utf-8'],
		['application/octet-stream', 'utf-8'],
		['application/vnd.openclaw+json', 'utf-8'],
	])('may come as %s', async (contentType) => {
		const sent = event();
		const { workflowData } = await open().harness.receive(TRIGGER, signed(sent, { contentType }));
		expect(workflowData?.[0]?.[0]?.json).toMatchObject(sent);
	});

	test('is read as UTF-8, whatever charset the unsigned header claims', async () => {
		const sent = event();
		const contentType = 'application/json; charset=latin1';
		const { workflowData } = await open().harness.receive(TRIGGER, signed(sent, { contentType }));
		expect(workflowData?.[0]?.[0]?.json).toMatchObject(sent);
	});

	test('may start with a byte order mark', async () => {
		const sent = event();
		const request = signed(`\uFEFF${JSON.stringify(sent)}`, { contentType: 'text/plain' });
		const { workflowData } = await open().harness.receive(TRIGGER, request);
		expect(workflowData?.[0]?.[0]?.json).toMatchObject(sent);
	});
});

describe('the question of the gateway which URL the webhook has', () => {
	const check = event({ type: 'webhook.check', data: {} });

	test('is answered where the node has registered it, and starts nothing', async () => {
		const { harness } = open({ parameters: { endpointSetup: 'automatic' } });
		harness.staticData[`node:${TRIGGER}`] = {
			endpoint: { name: 'n8n-1', secret: SECRET, url: 'https://another.example/webhook' },
		};
		const answer = await harness.receive(TRIGGER, signed(check));
		expect(answer).toMatchObject({
			status: 200,
			body: {
				received: true,
				status: 'checked',
				url: expect.stringContaining('/webhook') as string,
			},
		});
		expect(JSON.stringify(answer.body)).not.toContain('another.example');
		expect(answer.workflowData).toBeUndefined();
		const forged = await harness.receive(TRIGGER, signed(check, { secret: 'whsec_forged' }));
		expect(forged).toMatchObject({ status: 401 });
	});

	test('is an event like any other where somebody else has set the webhook up', async () => {
		const { workflowData } = await open().harness.receive(TRIGGER, signed(check));
		expect(workflowData?.[0]?.[0]?.json).toMatchObject({ type: 'webhook.check' });
	});
});

describe('an event of a sender that follows Standard Webhooks', () => {
	const standard = { 'X-OpenClaw-Signature': undefined, 'X-OpenClaw-Timestamp': undefined };
	const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';

	test('has its id from the header that is signed, and its type from the body', async () => {
		const body = {
			type: 'invoice.paid',
			timestamp: '2026-03-14T10:30:00Z',
			data: { agentId: 'main', amount: 7 },
		};
		const { workflowData } = await open().harness.receive(
			TRIGGER,
			signed(body, { id, headers: standard }),
		);
		expect(workflowData?.[0]?.[0]?.json).toMatchObject({ id, ...body });
		expect(workflowData?.[0]?.[0]?.json).not.toHaveProperty('instanceId');
	});

	test('may have its fields beside the type', async () => {
		const body = { type: 'invoice.paid', amount: 7 };
		const { workflowData } = await open().harness.receive(
			TRIGGER,
			signed(body, { id, headers: standard }),
		);
		expect(workflowData?.[0]?.[0]?.json).toMatchObject({
			id,
			type: 'invoice.paid',
			data: { amount: 7 },
		});
	});

	test('is an envelope as it is, when it is one', async () => {
		const sent = event();
		const { workflowData } = await open().harness.receive(
			TRIGGER,
			signed(sent, { id: sent.id, headers: standard }),
		);
		expect(workflowData?.[0]?.[0]?.json).toMatchObject(sent);
	});

	test('runs once', async () => {
		const { harness } = open();
		const send = async () =>
			await harness.receive(TRIGGER, signed({ type: 'ping' }, { id, headers: standard }));
		expect((await send()).workflowData).toHaveLength(1);
		expect((await send()).body).toMatchObject({ status: 'duplicate' });
	});

	test.each(['{}', '[]', '"text"', '{"type":7}'])('needs a type: %s', async (body) => {
		const answer = await open().harness.receive(TRIGGER, signed(body, { id, headers: standard }));
		expect(answer).toMatchObject({ status: 400 });
	});
});

describe('a request that is not verified', () => {
	const unverified = { received: false, message: 'The request could not be verified' };
	const now = () => Math.floor(Date.now() / 1000);

	test.each<[string, SignOptions]>([
		[
			'without signature',
			{ headers: { 'X-OpenClaw-Signature': undefined, 'webhook-signature': undefined } },
		],
		[
			'with the Standard Webhooks signature of another secret',
			{ secret: 'whsec_other', headers: { 'X-OpenClaw-Signature': undefined } },
		],
		[
			'with a Standard Webhooks id that was not signed',
			{ headers: { 'X-OpenClaw-Signature': undefined, 'webhook-id': 'evt_other' } },
		],
		[
			'by Standard Webhooks that is too old',
			{ timestamp: now() - 400, headers: { 'X-OpenClaw-Signature': undefined } },
		],
		['without timestamp', { headers: { 'X-OpenClaw-Timestamp': undefined } }],
		['with another secret', { secret: 'whsec_other' }],
		['that is too old', { timestamp: now() - 400 }],
		['from the future', { timestamp: now() + 400 }],
		['with letters in the timestamp', { headers: { 'X-OpenClaw-Timestamp': `${now()}abc` } }],
		['with the timestamp of another', { headers: { 'X-OpenClaw-Timestamp': String(now() - 1) } }],
		[
			'with an upper-case digest',
			{ headers: { 'X-OpenClaw-Signature': `sha256=${'A'.repeat(64)}` } },
		],
		['with a short digest', { headers: { 'X-OpenClaw-Signature': `sha256=${'a'.repeat(63)}` } }],
		[
			'with two signature headers',
			{ headers: { 'X-OpenClaw-Signature': `sha256=${'a'.repeat(64)}, sha256=${'b'.repeat(64)}` } },
		],
		[
			'with signatures as a list',
			{ headers: { 'X-OpenClaw-Signature': ['sha256=a', 'sha256=b'] } },
		],
	])('is refused: %s', async (_name, options) => {
		const answer = await open().harness.receive(TRIGGER, signed(event(), options));
		expect(answer).toMatchObject({ status: 401, body: unverified });
		expect(answer.workflowData).toBeUndefined();
	});

	test('costs no credential when its headers are wrong', async () => {
		const { harness } = open();
		await harness.receive(TRIGGER, signed(event(), { timestamp: 1 }));
		expect(harness.credentialReads).toBe(0);
	});

	test('is refused after one byte has been changed', async () => {
		const request = signed(event());
		request.rawBody?.writeUInt8(0x20, 1);
		expect(await open().harness.receive(TRIGGER, request)).toMatchObject({ status: 401 });
	});

	test.each<[unknown]>([[''], ['   '], [null], [42]])(
		'is refused with the secret %j',
		async (secret) => {
			const answer = await open({ secret }).harness.receive(TRIGGER, signed(event()));
			expect(answer).toMatchObject({ status: 401, body: unverified });
		},
	);

	test('is refused without a credential', async () => {
		const { harness } = open({ credential: null });
		expect(await harness.receive(TRIGGER, signed(event()))).toMatchObject({ status: 401 });
	});

	test('keeps its reason from the sender, and secret, signature and body from the log', async () => {
		const { harness } = open();
		const request = signed(event(), { secret: 'whsec_other' });
		const { body } = await harness.receive(TRIGGER, request);
		expect(body).toEqual(unverified);
		const [line, ...others] = harness.logged;
		expect(others).toEqual([]);
		expect(line).toMatchObject({
			level: 'warn',
			message: 'OpenClaw Trigger refused a request: signature-mismatch',
		});
		expect(JSON.stringify(line)).not.toMatch(/sha256|whsec|你好/);
	});

	test('does not flood the log', async () => {
		const { harness } = open();
		for (let count = 0; count < 50; count += 1) {
			await harness.receive(TRIGGER, signed(event(), { headers: { 'X-OpenClaw-Signature': '' } }));
		}
		expect(harness.logged.length).toBeLessThan(10);
	});
});

describe('a verified request that is no event', () => {
	test.each([
		['an array', '[]', '', 'The event must be a JSON object'],
		['null', 'null', '', 'The event must be a JSON object'],
		['no JSON', '{', 'text/plain', 'The body must be JSON'],
		['empty', '', 'text/plain', 'The body must be JSON'],
		['empty JSON', '', 'application/json', 'The body must be JSON'],
		[
			'without data',
			JSON.stringify({ ...event(), data: 1 }),
			'',
			"The event needs an object in 'data'",
		],
	])('is answered with 400: %s', async (_name, body, contentType, message) => {
		const request = signed(body, { contentType: contentType || 'application/json' });
		const answer = await open().harness.receive(TRIGGER, request);
		expect(answer).toMatchObject({ status: 400, body: { received: false, message } });
		expect(answer.workflowData).toBeUndefined();
	});

	test('is answered with 415 when it is a form', async () => {
		const request = signed('--x', { contentType: 'multipart/form-data' });
		expect(await open().harness.receive(TRIGGER, request)).toMatchObject({ status: 415 });
	});

	test.each([
		[Object.assign(new Error('request entity too large'), { type: 'entity.too.large' }), 413],
		[new Error('incorrect header check'), 400],
	])('is answered when its body cannot be read: %p', async (failure, status) => {
		const request = {
			...signed(event(), { contentType: 'application/octet-stream' }),
			readRawBody: () => Promise.reject(failure),
		};
		const answer = await open().harness.receive(TRIGGER, request);
		expect(answer.status).toBe(status);
		expect(answer.workflowData).toBeUndefined();
	});
});

describe('what prevents an answer', () => {
	test('makes the sender try again later: a credential that cannot be read', async () => {
		const { harness, credentials, id } = open();
		credentials[id] = new Error('The database is locked');
		const answer = await harness.receive(TRIGGER, signed(event()));
		expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
		expect(JSON.stringify(answer.body)).not.toContain('database');
	});

	test('is not a condition that cannot be read: nothing meets it, and the log says why', async () => {
		const unreadable = { field: '={{ $json.body.data.nothing }}', operator: 'exists', value: '' };
		const readable = { field: 'type', operator: 'exists', value: '' };
		const filters = (mustMatch: string) => ({
			mustMatch,
			conditions: { values: [unreadable, readable] },
		});
		const all = open({ parameters: { filters: filters('all') } }).harness;
		expect(await all.receive(TRIGGER, signed(event()))).toMatchObject({
			status: 200,
			body: { received: true, status: 'filtered' },
		});
		expect(all.logged).toMatchObject([
			{
				level: 'warn',
				message: "OpenClaw Trigger left out an event: The 'Field' of a condition is empty",
			},
		]);
		const any = open({ parameters: { filters: filters('any') } }).harness;
		expect((await any.receive(TRIGGER, signed(event()))).workflowData).toHaveLength(1);
	});
});

describe('an event that is not wanted', () => {
	const filtered = { status: 200, body: { received: true, status: 'filtered' } };

	test.each<[string, INode['parameters']]>([
		['of another type', { events: ['tool.called'] }],
		['of another agent', { filters: { agentIds: 'ops, sales-*' } }],
		['of another agent, by a list', { filters: { agentIds: ['ops'] } }],
		[
			'that misses a condition',
			{
				filters: {
					conditions: {
						values: [{ field: 'data.message.content', operator: 'contains', value: 'x' }],
					},
				},
			},
		],
	])('starts nothing: %s', async (_name, parameters) => {
		const answer = await open({ parameters }).harness.receive(TRIGGER, signed(event()));
		expect(answer).toMatchObject(filtered);
		expect(answer.workflowData).toBeUndefined();
	});

	test.each([
		['8202522731445525542', 1],
		['8202522731445525543', undefined],
	])('is told by all digits of a number: %s', async (digits, runs) => {
		const values = [{ field: 'data.order', operator: 'equals', value: '8202522731445525542' }];
		const { harness } = open({ parameters: { filters: { conditions: { values } } } });
		const body = JSON.stringify(event({ data: { order: 'DIGITS' } })).replace('"DIGITS"', digits);
		const answer = await harness.receive(TRIGGER, signed(body));
		expect(answer.workflowData?.length).toBe(runs);
	});

	test('may be chosen by expressions over the verified event', async () => {
		const parameters = { filters: { agentIds: '={{ ["ops", $json.body.data.agentId] }}' } };
		const answer = await open({ parameters }).harness.receive(TRIGGER, signed(event()));
		expect(answer.workflowData).toHaveLength(1);
	});

	test('is one of a type that no one knows yet, unless all are chosen', async () => {
		const unknown = signed(event({ type: 'memory.updated' }));
		expect((await open().harness.receive(TRIGGER, unknown)).workflowData).toHaveLength(1);
		const one = open({ parameters: { events: ['message.sent'] } });
		expect(await one.harness.receive(TRIGGER, unknown)).toMatchObject(filtered);
	});
});

describe('the same event again', () => {
	const duplicate = { status: 200, body: { received: true, status: 'duplicate' } };

	test('starts the workflow once, of any number at once', async () => {
		const { harness } = open();
		const sent = event();
		const answers = await Promise.all(
			Array.from({ length: 20 }, () => harness.receive(TRIGGER, signed(sent))),
		);
		expect(answers.filter(({ workflowData }) => workflowData !== undefined)).toHaveLength(1);
		expect(answers.filter(({ body }) => body !== undefined)).toHaveLength(20);
		expect(await harness.receive(TRIGGER, signed(sent))).toMatchObject(duplicate);
	});

	test('is told to come later while it is not known how the first one ends', async () => {
		const { harness } = open({ parameters: { options: { respond: 'lastNode' } } });
		const sent = event();
		const first = await harness.receive(TRIGGER, signed(sent), 'webhook', null);
		expect(first.workflowData).toHaveLength(1);
		const second = await harness.receive(TRIGGER, signed(sent));
		expect(second).toMatchObject({
			status: 409,
			headers: { 'retry-after': '15' },
			body: { received: false },
		});
		expect(second.workflowData).toBeUndefined();

		first.end(500);
		const third = await harness.receive(TRIGGER, signed(sent), 'webhook', null);
		expect(third.workflowData).toHaveLength(1);
		third.end(200);
		expect(await harness.receive(TRIGGER, signed(sent))).toMatchObject(duplicate);
	});

	test('runs when its owner sends it again on purpose: it is another event then', async () => {
		const { harness } = open();
		const sent = event();
		await harness.receive(TRIGGER, signed(sent));
		const replay = event({ replayOf: sent.id });
		const { workflowData } = await harness.receive(TRIGGER, signed(replay));
		const { A = [] } = await harness.outputs(TRIGGER, workflowData ?? []);
		expect(A).toEqual([expect.objectContaining({ id: replay.id, replayOf: sent.id })]);
	});

	test('runs although the answer of the first write is lost', async () => {
		const { harness } = open();
		const { workflowData } = await harness.receive(TRIGGER, signed(event()));
		deduplicator.lostAnswers = [new Error('Connection terminated unexpectedly')];
		expect(await harness.outputs(TRIGGER, workflowData ?? [])).toHaveProperty('A');
	});

	test('runs again when the sender was answered with a failure, and passes the second layer', async () => {
		const { harness } = open();
		const sent = event();
		const first = await harness.receive(TRIGGER, signed(sent), 'webhook', 500);
		await harness.outputs(TRIGGER, first.workflowData ?? []);

		const retry = await harness.receive(TRIGGER, signed(sent));
		const { A = [] } = await harness.outputs(TRIGGER, retry.workflowData ?? []);
		expect(A).toEqual([{ ...sent, meta: expect.anything() as unknown, text: 'main' }]);
		expect(await harness.receive(TRIGGER, signed(sent))).toMatchObject(duplicate);
	});

	describe('in another process', () => {
		const second = Math.floor(Date.now() / 1000);
		/** What runs of two attempts, the later one in another process. */
		async function attempts(respond: string, times: readonly [number, number]) {
			const parameters = { options: { respond } };
			const one = open({ parameters });
			const other = open({ parameters, workflowId: one.id, trigger: triggerOfAnotherProcess() });
			const sent = event();
			const ran: boolean[] = [];
			for (const [index, { harness }] of [one, other].entries()) {
				const { workflowData } = await harness.receive(
					TRIGGER,
					signed(sent, { timestamp: times[index] ?? second }),
				);
				ran.push('A' in (await harness.outputs(TRIGGER, workflowData ?? [])));
			}
			return ran;
		}

		test('runs once where the sender is answered before it runs', async () => {
			expect(await attempts('onReceived', [second - 1, second])).toEqual([true, false]);
		});

		test('runs once when it is a copy of the same attempt', async () => {
			expect(await attempts('lastNode', [second, second])).toEqual([true, false]);
		});

		test('runs again when the sender, which waits for the last node, tries again', async () => {
			expect(await attempts('lastNode', [second - 1, second])).toEqual([true, true]);
		});
	});

	test('runs again where duplicates are wanted, and while the workflow is being built', async () => {
		const sent = event();
		const wanted = open({ parameters: { options: { ignoreDuplicates: false } } }).harness;
		const built = open().harness;
		for (const [harness, mode] of [
			[wanted, 'webhook'],
			[built, 'manual'],
		] as const) {
			await harness.receive(TRIGGER, signed(sent), mode);
			const again = await harness.receive(TRIGGER, signed(sent), mode);
			expect(again.workflowData).toHaveLength(1);
		}
	});

	const items = (id: string): INodeExecutionData[][] => [[{ json: event({ id }) }]];
	const ran = async (harness: CoreHarness, id: string, mode?: 'manual') => {
		return 'A' in (await harness.outputs(TRIGGER, items(id), mode));
	};

	test('runs nothing after the trigger when another process has run it', async () => {
		const { harness } = open();
		expect(await ran(harness, 'evt_1')).toBe(true);
		expect(await ran(harness, 'evt_1')).toBe(false);
		expect(await ran(harness, 'evt_2')).toBe(true);
	});

	test('is remembered for every one of many at once', async () => {
		const { harness } = open();
		const ids = Array.from({ length: 10 }, (_, index) => `evt_${index}`);
		const first = await Promise.all([...ids, ...ids].map((id) => ran(harness, id)));
		expect(first.filter(Boolean)).toHaveLength(10);
		const again = await Promise.all(ids.map((id) => ran(harness, id)));
		expect(again.filter(Boolean)).toHaveLength(0);
	});

	test('runs rather than gets lost when the database gives no answer', async () => {
		const { harness } = open();
		deduplicator.failures = [new Error('UNIQUE constraint failed')];
		expect(await ran(harness, 'evt_1')).toBe(true);
		expect(await ran(harness, 'evt_1')).toBe(false);
		deduplicator.failures = [new Error('locked'), new Error('locked')];
		expect(await ran(harness, 'evt_2')).toBe(true);
	});

	test('is not looked up in tests and where duplicates are wanted', async () => {
		const before = deduplicator.calls;
		const wanted = open({ parameters: { options: { ignoreDuplicates: false } } }).harness;
		expect(await ran(wanted, 'evt_1')).toBe(true);
		expect(await ran(open().harness, 'evt_1', 'manual')).toBe(true);
		expect(deduplicator.calls).toBe(before);
	});
});

describe('one output per event', () => {
	const connections = {
		[TRIGGER]: {
			main: [[{ node: 'A', type: 'main', index: 0 }], [{ node: 'B', type: 'main', index: 0 }]],
		},
	} as IConnections;

	test.each([
		['tool.called', ['A']],
		['message.sent', ['B']],
	])('sends %s out by its own', async (type, nodes) => {
		const parameters = { events: ['tool.called', 'message.sent'], outputMode: 'perEvent' };
		const { harness } = open({ parameters, connections });
		const { workflowData } = await harness.receive(TRIGGER, signed(event({ type })));
		const outputs = await harness.outputs(TRIGGER, workflowData ?? []);
		expect(Object.keys(outputs)).toEqual([TRIGGER, ...nodes]);
	});
});

describe('rotating the secret', () => {
	test('accepts old and new while both are listed, and says which one it was', async () => {
		const { harness } = open({ secret: 'whsec_new whsec_old' });
		for (const [index, secret] of ['whsec_new', 'whsec_old'].entries()) {
			const { workflowData } = await harness.receive(TRIGGER, signed(event(), { secret }));
			expect(workflowData?.[0]?.[0]?.json.meta).toMatchObject({ keyIndex: index });
		}
		expect(harness.credentialReads).toBe(1);
	});

	test('accepts a new secret within a second and refuses a removed one within five', async () => {
		jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
		try {
			const { harness, credentials, id } = open({ secret: 'whsec_old' });
			const send = async (secret: string) =>
				(await harness.receive(TRIGGER, signed(event(), { secret }))).status;
			expect(await send('whsec_old')).toBe(200);
			credentials[id] = { signingSecret: 'whsec_new' };
			jest.advanceTimersByTime(1_000);
			expect(await send('whsec_new')).toBe(200);
			expect(await send('whsec_old')).toBe(401);

			credentials[id] = { signingSecret: 'whsec_newest' };
			jest.advanceTimersByTime(4_999);
			expect(await send('whsec_new')).toBe(200);
			jest.advanceTimersByTime(1);
			expect(await send('whsec_new')).toBe(401);
		} finally {
			jest.useRealTimers();
		}
	});
});

describe('publishing', () => {
	test('is refused without an event', async () => {
		const { harness } = open({ parameters: { events: [] } });
		await expect(harness.hook(TRIGGER, 'create')).rejects.toThrow('No event is chosen');
	});

	test('is refused with outputs that depend on the event', async () => {
		const parameters = { events: '={{ $json.body.type }}', outputMode: 'perEvent' };
		const { harness } = open({ parameters });
		await expect(harness.hook(TRIGGER, 'create')).rejects.toThrow("'One Output per Event'");
	});

	test.each(["={{ '' }}", '={{ undefined }}', "={{ 'data[' }}"])(
		'is refused with a condition whose field is %s',
		async (field) => {
			const conditions = { values: [{ field, operator: 'exists' }] };
			const { harness } = open({ parameters: { filters: { conditions } } });
			await expect(harness.hook(TRIGGER, 'create')).rejects.toThrow(/of a condition/);
		},
	);

	test('leaves a field that depends on the event to its time', async () => {
		const conditions = {
			values: [{ field: '={{ $json.body.data.agentId }}', operator: 'exists' }],
		};
		const { harness } = open({ parameters: { filters: { conditions } } });
		expect(await harness.hook(TRIGGER, 'create')).toBe(true);
	});

	test('checks each time, and there is nothing to remove', async () => {
		const { harness } = open();
		expect(await harness.hook(TRIGGER, 'checkExists')).toBe(false);
		expect(await harness.hook(TRIGGER, 'create')).toBe(true);
		expect(await harness.hook(TRIGGER, 'delete')).toBe(true);
	});

	test('is refused without a secret', async () => {
		const { harness } = open({ secret: ' ' });
		await expect(harness.hook(TRIGGER, 'create')).rejects.toThrow(
			"The 'Signing Secret' of the credential is empty",
		);
	});

	test('is refused with a condition that cannot be read', async () => {
		const conditions = { values: [{ field: 'data[', operator: 'exists' }] };
		const { harness } = open({ parameters: { filters: { conditions } } });
		await expect(harness.hook(TRIGGER, 'create')).rejects.toThrow(
			"The field 'data[' of a condition",
		);
	});

	test('accepts a field path from an expression that can be read', async () => {
		const conditions = { values: [{ field: '={{ "data" }}', operator: 'exists' }] };
		const { harness } = open({ parameters: { filters: { conditions } } });
		expect(await harness.hook(TRIGGER, 'create')).toBe(true);
	});
});
