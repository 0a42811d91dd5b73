import { openMessageStore } from '../../../openclaw-plugin/src/inbound/messageStore';
import { createRunId, DIRECT, gatewayRunId } from '../../../openclaw-plugin/src/inbound/message';
import type { MessageOptions } from '../../../openclaw-plugin/src/inbound/message';
import { tellRunOrigin } from '../../../openclaw-plugin/src/inbound/runOrigin';
import type { EmitEvent } from '../../../openclaw-plugin/src/outbox/emitter';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { useFolder } from '../store/support/folder';

const folder = useFolder();
let told: Parameters<EmitEvent>[];
let database: ReturnType<typeof openDatabase>;
let emit: EmitEvent;

beforeEach(() => {
	told = [];
	database = openDatabase(folder.path);
	emit = tellRunOrigin((...event) => told.push(event), database);
});

afterEach(() => {
	database.close();
});

function addMessage(endpoint: string, options: MessageOptions): string {
	const runId = createRunId();
	const message = {
		caller: 'n8n',
		agentId: 'main',
		sessionKey: 'agent:main:webhook',
		message: 'Hi',
	};
	openMessageStore(database).add(
		{ runId, ...message, endpoint, prompt: 'Hi', missingPaths: [], options },
		1,
	);
	return runId;
}

const originOf = (runId: string) => {
	emit('message.sent', { runId, agentId: 'main' }, 5);
	return told.at(-1);
};

it('the events of a run say which message has started it', () => {
	const origin = { source: 'n8n:1f3a5c7e:xk2LmWQ0', hops: 2 };
	const runId = addMessage('deploy', { origin });
	const data = {
		runId,
		agentId: 'main',
		origin: { kind: 'inbound', endpoint: 'deploy', ...origin },
	};

	expect(originOf(runId)).toEqual(['message.sent', data, 5]);
	expect(originOf(gatewayRunId(runId, 2))).toMatchObject([
		'message.sent',
		{ origin: data.origin },
		5,
	]);
});

it('a message to any agent has no endpoint, and none needs a source', () => {
	const runId = addMessage(DIRECT, { origin: { hops: 1 } });

	expect(originOf(runId)?.[1]).toEqual({
		runId,
		agentId: 'main',
		origin: { kind: 'inbound', hops: 1 },
	});
});

it.each(['9d8f2c1e-0000', `run_${'0'.repeat(26)}`, 'run_1'])(
	'%s is no run of a message',
	(runId) => {
		expect(originOf(runId)).toEqual(['message.sent', { runId, agentId: 'main' }, 5]);
	},
);

it('an event is told without it while the database cannot be read', () => {
	const runId = addMessage('deploy', { origin: { hops: 1 } });
	database.exec('ALTER TABLE inbound_messages RENAME TO away');

	expect(originOf(runId)).toEqual(['message.sent', { runId, agentId: 'main' }, 5]);
	database.exec('ALTER TABLE away RENAME TO inbound_messages');
	expect(originOf(runId)?.[1]).toMatchObject({ origin: { endpoint: 'deploy' } });
});
