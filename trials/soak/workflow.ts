import { EVENT_TYPES } from '../../protocol';
import type { N8nClient } from '../../testbed/n8n/client';
import {
	byId,
	CREDENTIAL_TYPE,
	inboundNode,
	mappedFields,
	OPENCLAW_TRIGGER as TRIGGER,
	triggerNode,
} from '../../testbed/n8n/openclawNodes';
import { noOp, node, type Connections } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { FILTERED_USER, INBOUND_ENDPOINT, TELL, TOLD_AGENT } from './names';

/** Runs with each event that leaves the trigger. */
const ARRIVED = 'Arrived';
export const TELL_AGENT = 'Tell the Agent';
const IS_TO_TELL = 'Is It for the Others?';
/** Lasts long enough to be caught by a crash or a restart. */
const TAKE_TIME = 'Take Time';
const TAKE_TIME_SECONDS = 3;

/** With `*` the trigger has an output for each known type, and one for the others. */
const OUTPUTS = EVENT_TYPES.length + 1;

/** What follows {@link ARRIVED}, by type of event. */
const FURTHER: Readonly<Record<string, string>> = {
	'message.received': IS_TO_TELL,
	'message.sent': TAKE_TIME,
};

function wires(): Connections {
	const to = (name: string) => ({ node: name, type: 'main', index: 0 });
	const outputs = Array.from({ length: OUTPUTS }, (_, output) => {
		const further = FURTHER[EVENT_TYPES[output] ?? ''];
		return further === undefined ? [to(ARRIVED)] : [to(ARRIVED), to(further)];
	});
	return { [TRIGGER]: { main: outputs }, [IS_TO_TELL]: { main: [[to(TELL_AGENT)]] } };
}

/** n8n runs what is higher first: {@link ARRIVED} always does. */
const BELOW = { position: [0, 200] } as const;

const takeTime = node(
	TAKE_TIME,
	'n8n-nodes-base.wait',
	1.1,
	{ resume: 'timeInterval', amount: TAKE_TIME_SECONDS, unit: 'seconds' },
	BELOW,
);

/** Only what a person wrote in a chat goes on, so what the agent is told cannot come round again. */
const isToTell = node(
	IS_TO_TELL,
	'n8n-nodes-base.if',
	2.2,
	{
		conditions: {
			combinator: 'and',
			options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
			conditions: [
				{
					id: 'chat',
					leftValue: '={{ $json.data.channel }}',
					rightValue: 'telegram',
					operator: { type: 'string', operation: 'equals' },
				},
				{
					id: 'mark',
					leftValue: '={{ $json.data.message.content }}',
					rightValue: TELL,
					operator: { type: 'string', operation: 'contains' },
				},
			],
		},
		options: {},
	},
	BELOW,
);

/**
 * Publishes the workflow: each event but those of one user arrives; of some messages an agent is told, and
 * some executions take their time.
 *
 * @returns the webhook's address
 */
export async function publishWorkflow(
	n8n: N8nClient,
	gatewayUrl: string,
	secret: string,
): Promise<string> {
	const credential = await n8n.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gatewayUrl, { signingSecret: secret }),
	);
	const condition = { field: 'data.userId', operator: 'notEquals', value: FILTERED_USER };
	const trigger = triggerNode(
		credential,
		{ outputMode: 'perEvent', filters: { conditions: { values: [condition] } } },
		TRIGGER,
	);
	const tellAgent = inboundNode(
		credential,
		{
			source: 'endpoint',
			endpoint: byId(INBOUND_ENDPOINT),
			// A conversation for each user, so that none grows all the time.
			options: { sessionKey: `=agent:${TOLD_AGENT}:webhook:{{ $json.data.userId }}` },
			fields: mappedFields({ text: `={{ $json.data.message.content.split(' ${TELL}')[0] }}` }),
		},
		TELL_AGENT,
	);
	const workflow = await n8n.createWorkflow({
		name: 'Soak',
		nodes: [trigger, noOp(ARRIVED), takeTime, isToTell, tellAgent],
		connections: wires(),
		// Or nobody would know how far an execution came that a crash cut off.
		settings: { saveExecutionProgress: true },
	});
	await n8n.publish(workflow);
	return n8n.webhookUrl(workflow, TRIGGER);
}
