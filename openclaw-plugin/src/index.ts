import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import { registerPlugin } from './plugin';

export default definePluginEntry({
	id: 'event-webhooks',
	name: 'Event Webhooks',
	description: 'Sends signed events to webhooks, and turns webhook calls into messages to agents.',
	register: registerPlugin,
});
