import { tellByEvents } from '../../../openclaw-plugin/src/delivery/changes';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { createOwnEvents } from '../../../openclaw-plugin/src/outbox/emitter';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../openclaw-plugin/src/store/store';
import { rememberingLogger } from '../outbox/support/endpoints';
import { useFolder } from '../store/support/folder';
import { endpointNamed } from './support/deliveries';

const folder = useFolder();
const crm = endpointNamed('crm');
let store: Store;

/** An endpoint in the database that wants some events. */
function save(id: number, name: string, events: readonly string[]): void {
	store
		.prepare(
			`INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
			VALUES (?, ?, 'webhook', 'config', ?, 0, 0)`,
		)
		.run(id, name, JSON.stringify({ url: 'https://ops.example', events }));
}

/** Who got which event about what. */
const sent = () =>
	store
		.prepare(
			`SELECT p.name, e.type, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq
			JOIN endpoints p ON p.id = d.endpoint_id ORDER BY d.id`,
		)
		.all()
		.map(({ name, type, body }) => {
			const { data } = JSON.parse(String(body)) as { data: unknown };
			return { name, type, data };
		});

const listeners = () => {
	const outbox = openOutbox(store, { folder: folder.path });
	const logger = rememberingLogger();
	return tellByEvents(createOwnEvents({ database: store, outbox, instanceId: 'i', logger }));
};

beforeEach(() => {
	store = openStore(folder.path);
	save(crm.id, 'crm', ['*', 'endpoint.disabled', 'delivery.failed']);
	save(2, 'ops', [
		'endpoint.failing',
		'endpoint.recovered',
		'endpoint.disabled',
		'delivery.failed',
	]);
	save(3, 'all', ['*']);
});

afterEach(() => {
	store.close();
});

it.each([
	['failing', { since: 5, reason: 'HTTP 500' }],
	['recovered', { failingSince: 5 }],
	['disabled', { reason: 'HTTP 410' }],
] as const)('tells others that an endpoint is %s, if they name the event', (kind, details) => {
	listeners().onStateChange?.(crm, { kind, ...details } as never);
	const data = { endpoint: { name: 'crm', ...details } };
	expect(sent()).toEqual([{ name: 'ops', type: `endpoint.${kind}`, data }]);
});

it('tells of a delivery that failed for good', () => {
	const delivery = { id: 7, eventId: 'evt_1', reason: 'HTTP 400: no_text' };
	listeners().onFailedForGood?.(crm, { ...delivery, eventType: 'message.sent' });
	const told = { ...delivery, id: 'dlv_7', type: 'message.sent' };
	const data = { endpoint: { name: 'crm' }, delivery: told };
	expect(sent()).toEqual([{ name: 'ops', type: 'delivery.failed', data }]);
});

it('tells of no delivery of such an event, and of no queue of callbacks', () => {
	const { onFailedForGood, onStateChange } = listeners();
	const failed = { id: 7, eventId: 'evt_1', reason: '', eventType: 'endpoint.failing' };
	onFailedForGood?.(crm, failed);
	onStateChange?.({ ...crm, kind: 'callback' }, { kind: 'failing', since: 5, reason: '' });
	expect(sent()).toEqual([]);
});
