import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listInbound, listRefusals } from '../../../openclaw-plugin/src/inbound/inboundCalls';
import { checkConfig } from '../../../openclaw-plugin/src/protocol';
import { at } from '../../../testbed/json';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

const ALERTS = readFileSync(join(__dirname, '../../fixtures/senders/alertmanager.json'), 'utf8');
const ENDPOINTS = {
	alerts: {
		agentId: 'ops',
		template: '{{item.labels.instance}}: {{item.annotations.summary}} ({{body.receiver}})',
		map: 'body.alerts',
		required: ['item.annotations.summary'],
		when: [
			{ path: 'item.status', equals: 'firing' },
			{ path: 'item.labels.team', exists: false },
		],
	},
	grafana: {
		agentId: 'ops',
		template: '{{item.annotations.summary}}',
		map: 'body.alerts',
		auth: {
			type: 'hmac',
			secret: 's',
			header: 'X-Grafana-Alerting-Signature',
		},
	},
} as const;
const DB_1 = 'db-1:9100: db-1 does not answer (openclaw)';
const DB_2 = 'db-2:9100: db-2 does not answer (openclaw)';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway({ inbound: { endpoints: ENDPOINTS } });
});

afterEach(async () => {
	await gateway.remove();
});

const messages = () =>
	listInbound(gateway.database)
		.map(({ message }) => message)
		.reverse();

describe('each element of a list', () => {
	it('becomes a message', async () => {
		const answer = await gateway.post('alerts', ALERTS);
		expect(answer).toMatchObject({ status: 202, json: { ok: true, message: DB_1 } });
		const runIds = listInbound(gateway.database).map(({ runId }) => runId);
		expect(answer.json.runIds).toEqual(runIds.reverse());
		expect(answer.json.runId).toBe(runIds[0]);
		expect(messages()).toEqual([DB_1, DB_2]);
	});

	it('is asked by the conditions for itself', async () => {
		await gateway.post(
			'alerts',
			ALERTS.replace('"status":"firing","labels"', '"status":"resolved","labels"'),
		);
		expect(messages()).toEqual([DB_2]);
		const none = await gateway.post(
			'alerts',
			ALERTS.replaceAll('"instance"', '"team":"a","instance"'),
		);
		expect(none).toMatchObject({ status: 200, json: { ok: true, status: 'filtered' } });
		const empty = await gateway.post('alerts', '{"alerts":[]}');
		expect(empty).toMatchObject({ status: 200, json: { ok: true, status: 'filtered' } });
		expect(listRefusals(gateway.database).map(({ reason }) => reason)).toEqual([
			'No message was made of it: the list is empty',
			"No message was made of it: 'item.labels.team' is there",
		]);
	});

	it('has a key of its own, so that a call that comes again goes on where it was cut off', async () => {
		const headers = { 'idempotency-key': 'k' };
		const first = await gateway.post('alerts', ALERTS, headers);
		gateway.database.exec('DELETE FROM inbound_messages WHERE seq = 2');
		const again = await gateway.post('alerts', ALERTS, headers);
		expect(again.headers.get('idempotency-replayed')).toBeNull();
		expect(at(again.json, 'runIds', 0)).toBe(first.json.runId);
		expect(messages()).toEqual([DB_1, DB_2]);
		const third = await gateway.post('alerts', ALERTS, headers);
		expect(third.headers.get('idempotency-replayed')).toBe('true');
		expect(third.json).toEqual(again.json);
		// A place in the list is what the key is made of: one that was filtered out leaves the others theirs.
		const other = await gateway.post('alerts', ALERTS.replace('db-2 does', 'db-2 did'), headers);
		expect(other).toMatchObject({
			status: 422,
			json: { error: { code: 'idempotency-key-reused' } },
		});
	});

	it('of a signed call is known by the id of the call', async () => {
		const sign = (body: string) => createHmac('sha256', 's').update(body).digest('hex');
		const post = async (body: string) => {
			const response = await fetch(`${gateway.url}/webhooks/inbound/grafana`, {
				method: 'POST',
				headers: {
					'content-type': 'application/json',
					'idempotency-key': 'k',
					'x-grafana-alerting-signature': sign(body),
				},
				body,
			});
			return { status: response.status, json: (await response.json()) as object };
		};
		const first = await post(ALERTS);
		expect(first.status).toBe(202);
		expect(Object.keys(first.json)).toEqual(['ok', 'runId', 'runIds']);
		expect(await post(ALERTS)).toEqual(first);
		expect(messages()).toEqual(['db-1 does not answer', 'db-2 does not answer']);
	});
});

describe('a call with a list is refused', () => {
	it.each([
		['without the list', '{"a":1}', 422, 'missing-values', ['body.alerts']],
		['with something else in its place', '{"alerts":{}}', 422, 'missing-values', ['body.alerts']],
		[
			'as a whole when one of its elements lacks something',
			ALERTS.replace('"summary":"db-2', '"description":"db-2'),
			422,
			'missing-values',
			['item.annotations.summary'],
		],
		[
			'with 51 elements',
			JSON.stringify({ alerts: Array(51).fill({}) }),
			413,
			'too-many-items',
			undefined,
		],
	])('%s', async (_, body, status, code, paths) => {
		const answer = await gateway.post('alerts', body);
		expect(answer).toMatchObject({ status, json: { error: { code } } });
		expect(at(answer.json, 'error', 'paths')).toEqual(paths);
		expect(messages()).toEqual([]);
	});

	it('when it waits for the one reply', async () => {
		const answer = await gateway.post('alerts?wait=60', ALERTS);
		expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid-wait' } } });
		expect(messages()).toEqual([]);
	});
});

describe('the settings of a list', () => {
	const issues = (endpoint: object) => {
		const checked = checkConfig({ inbound: { endpoints: { a: { agentId: 'a', ...endpoint } } } });
		return checked.ok ? [] : checked.issues.map(({ message }) => message);
	};

	it('need a path in the body', () => {
		expect(issues({ template: '{{item.a}}', map: 'headers.a' })).toEqual([
			"'inbound.endpoints.a.map' must be a path such as 'body.title'",
		]);
		expect(issues({ template: '{{item.a}}', map: 'body' })).toEqual([]);
	});

	it('are what an item takes', () => {
		expect(issues({ template: '{{item.a}}' })).toEqual([
			expect.stringContaining("'item' is not one of 'body', 'headers', 'query', 'now'"),
		]);
		expect(issues({ template: 'x', required: ['item.a'] })).toHaveLength(1);
		expect(issues({ template: 'x', when: { path: 'item.a', exists: true } })).toHaveLength(1);
	});
});
