import { writeSync } from 'node:fs';
import { createDispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import { createHttpClient } from '../../../../openclaw-plugin/src/delivery/httpClient';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { openStore } from '../../../../openclaw-plugin/src/store/sharedStore';
import { deliveryClock, saveEndpoints } from './deliveries';
import { registryOf, rememberingLogger, someEndpoint } from '../../outbox/support/endpoints';

// Appends and delivers events until it is killed, and names each one as soon as it is accepted.
const [, , folder = '', url = ''] = process.argv;
const store = openStore(folder);
const endpoint = someEndpoint({ name: 'crm', url, concurrency: 3 });
saveEndpoints(store, [endpoint]);
const outbox = openOutbox(store, { folder });
const client = createHttpClient({ isBlockedHost: () => false, isPrivateAddress: () => false });
const dispatcher = createDispatcher({
	store,
	outbox,
	registry: registryOf([endpoint]),
	request: client.send,
	logger: rememberingLogger(),
	version: '0',
	clock: deliveryClock(),
});

function append(): void {
	const event = createEvent({ type: 'message.sent', data: {}, at: Date.now(), instanceId: 'i' });
	outbox.append(event, [{ endpointId: endpoint.id }]);
	writeSync(1, `${event.id}\n`);
}

void dispatcher.start().then(() => setInterval(append, 1));
