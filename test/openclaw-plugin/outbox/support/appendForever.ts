import { writeSync } from 'node:fs';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { openStore } from '../../../../openclaw-plugin/src/store/sharedStore';
import { targetsOf } from '../../endpoints/support/storedEndpoints';

// Appends events until it is killed, and names each one as soon as it is accepted.
const store = openStore(process.argv[2] ?? '');
const outbox = openOutbox(store, { folder: store.folder });
const targets = targetsOf(store, 'one', 'two');
for (;;) {
	const event = createEvent({
		type: 'message.received',
		data: { message: { role: 'user', content: 'x'.repeat(Math.random() * 5000) } },
		at: Date.now(),
		instanceId: 'node-1',
	});
	outbox.append(event, targets);
	writeSync(1, `${event.id}\n`);
}
