import { textAt, tryParseJson } from '../../testbed/json';
import { readPluginDatabase } from '../../testbed/pluginDatabase';
import type { DeliveryState, EmittedEvent, TakenMessage } from './entries';
import { ENDPOINTS, toldMessage } from './names';

/** What the plugin has on its disk. */
export interface Outbox {
	readonly events: readonly EmittedEvent[];
	/** Messages to agents that it has answered with 202. */
	readonly messages: readonly TakenMessage[];
	/** Deliveries that were recorded as delivered more than once. */
	readonly deliveredTwice: readonly string[];
}

/** What is still under way at the plugin. */
export interface OpenWork {
	readonly deliveries: number;
	readonly messages: number;
	/** Milliseconds since 1970. */
	readonly newestEventAt: number;
}

export function readOpenWork(gatewayFolder: string): OpenWork {
	return readPluginDatabase(gatewayFolder, (database) => {
		const number = (sql: string) => Number(database.prepare(sql).get()?.value ?? 0);
		return {
			deliveries: number("SELECT count(*) AS value FROM deliveries WHERE state = 'pending'"),
			messages: number('SELECT count(*) AS value FROM inbound_messages WHERE ended_at IS NULL'),
			newestEventAt: number('SELECT max(created_at) AS value FROM events'),
		};
	});
}

/** The state of an event's delivery to an endpoint, by its name. */
function stateAt(column: string): string {
	return `(SELECT d.state FROM deliveries d JOIN endpoints p ON p.id = d.endpoint_id
		WHERE d.event_seq = seq AND p.name = ?) AS ${column}`;
}

function toState(value: unknown): DeliveryState | undefined {
	return value === 'pending' || value === 'delivered' || value === 'failed' ? value : undefined;
}

export function readOutbox(gatewayFolder: string): Outbox {
	return readPluginDatabase(gatewayFolder, (database) => ({
		events: database
			.prepare(
				`SELECT id, type, body,
					${stateAt('n8n')},
					${stateAt('receiver')}
				FROM events ORDER BY seq`,
			)
			.all(ENDPOINTS.n8n, ENDPOINTS.receiver)
			.map((row) => {
				const body = tryParseJson(String(row.body));
				return {
					id: String(row.id),
					type: String(row.type),
					agentId: textAt(body, 'data', 'agentId'),
					userId: textAt(body, 'data', 'userId'),
					n8n: toState(row.n8n),
					receiver: toState(row.receiver),
				};
			}),
		messages: database
			.prepare('SELECT run_id, message, state FROM inbound_messages ORDER BY seq')
			.all()
			.map((row) => ({
				runId: String(row.run_id),
				text: toldMessage(String(row.message)) ?? '',
				state: String(row.state),
			})),
		deliveredTwice: database
			.prepare(
				`SELECT delivery_id AS id FROM attempts WHERE status BETWEEN 200 AND 299
				GROUP BY delivery_id HAVING count(*) > 1`,
			)
			.all()
			.map(({ id }) => `delivery ${String(id)}`),
	}));
}
