import type { INodePropertyOptions } from 'n8n-workflow';

/** What `events` holds when every event of agents is wanted, those of later protocol versions included. */
export const ALL_EVENTS = '*';

/** The choices of 'Trigger On', in alphabetical order. */
export const EVENT_OPTIONS: INodePropertyOptions[] = [
	{
		name: 'All Events',
		value: ALL_EVENTS,
		description:
			'Every event of agents, including ones that a later OpenClaw version may add. Events about deliveries are chosen by name.',
	},
	{
		name: 'Approval Requested',
		value: 'approval.requested',
		description: 'When a tool call waits for a decision',
	},
	{
		name: 'Approval Resolved',
		value: 'approval.resolved',
		description: 'When a tool call has been allowed or denied',
	},
	{
		name: 'Delivery Failed',
		value: 'delivery.failed',
		description: 'When the gateway gave up an event for one of its other endpoints',
	},
	{
		name: 'Endpoint Disabled',
		value: 'endpoint.disabled',
		description: 'When the gateway stopped sending to one of its other endpoints',
	},
	{
		name: 'Endpoint Failing',
		value: 'endpoint.failing',
		description: 'When one of the other endpoints of the gateway does not accept its events',
	},
	{
		name: 'Endpoint Recovered',
		value: 'endpoint.recovered',
		description: 'When one of the other endpoints of the gateway accepts its events again',
	},
	{
		name: 'Error Occurred',
		value: 'error.occurred',
		description: 'When a run, model call, tool or delivery does not succeed',
	},
	{
		name: 'Message Received',
		value: 'message.received',
		description: 'When a message from a user arrives',
	},
	{
		name: 'Message Sent',
		value: 'message.sent',
		description: "When an agent's reply has been delivered",
	},
	{
		name: 'Session Created',
		value: 'session.created',
		description: 'When a new session starts',
	},
	{
		name: 'Session Ended',
		value: 'session.ended',
		description: 'When a session ends or times out',
	},
	{
		name: 'Tool Called',
		value: 'tool.called',
		description: 'When an agent calls a tool',
	},
	{
		name: 'Tool Completed',
		value: 'tool.completed',
		description: 'When a tool call ends',
	},
];
