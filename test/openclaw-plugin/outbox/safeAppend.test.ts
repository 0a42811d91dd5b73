import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { createSafeAppend } from '../../../openclaw-plugin/src/outbox/safeAppend';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import { waitFor } from '../../../testbed/waitFor';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { rememberingLogger } from './support/endpoints';

const folder = useFolder();

it('drops a waiting event that the database refuses, and writes the others', async () => {
	const store = openStore(folder.path);
	const logger = rememberingLogger();
	const append = createSafeAppend({ store, outbox: openOutbox(store), logger });
	const first = someEvent();
	append(first, ['crm']);
	const other = openDatabase(folder.path);
	other.exec('BEGIN IMMEDIATE');
	append(someEvent('before'), ['crm']);
	append(first, ['crm']);
	append(someEvent('for nobody'), () => []);
	append(someEvent('after'), () => ['crm', 'audit']);
	other.exec('COMMIT');
	other.close();
	await waitFor('the events', () => countRows(store, 'deliveries') === 4, { everyMs: 20 });
	expect(countRows(store, 'events')).toBe(3);
	expect(logger.lines.join('\n')).toContain(`Event ${first.id} was dropped: UNIQUE`);
	store.close();
});
