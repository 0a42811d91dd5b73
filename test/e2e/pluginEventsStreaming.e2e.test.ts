import { startGateway, type Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, objectAt, textAt, type JsonObject } from '../../testbed/json';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { callMarker } from '../../testbed/scriptedReply';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { STREAMING_MODES, streamingAccounts } from '../../testbed/telegramStreaming';
import { waitFor } from '../../testbed/waitFor';
import { faultsOf } from '../../testbed/eventFaults';
import { startPluginGateway } from './support/pluginGateway';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
/** Slower than any channel waits before it changes what it shows. */
const PACE = '[[stream:4:2000]]';
/** Time for what is shown of a tool, before the reply takes its place. */
const PAUSE = '[[slow:5000]]';
const TOOL_REPLY = 'I have looked with the tool: all is well.';
/** A run takes less; what is not bounded by this is compared word for word. */
const RUN_MS = 90_000;

interface Chat {
	readonly says: string;
	readonly reply: (mode: string) => string;
}

const CHATS: readonly Chat[] = [
	{
		says: 'a reply that grows',
		reply: (mode) => `One two three four five six seven eight nine ten, in the mode ${mode}.`,
	},
	{ says: 'a tool in between', reply: () => TOOL_REPLY },
];

/** What each person sees, by mode: all that is sent, with each change of it. */
type Seen = Readonly<Record<string, readonly string[]>>;

let model: ScriptedModel & { stop(): Promise<void> };
let sink: HttpSink;
let without: Seen;
let withPlugin: Seen;

function messageOf(chat: Chat, mode: string): string {
	return chat === CHATS[0]
		? `[[reply:${chat.reply(mode)}]] ${PACE}`
		: `${callMarker('ls', { path: '.' }, `First I look around in ${mode}.`)} ${PAUSE} ${PACE}`;
}

/** Each message with all that became of it, in the order in which they came. */
function seenIn(telegram: TelegramStandIn): readonly string[] {
	const messages = new Map<string, string[]>();
	for (const { method, messageId, text } of telegram.sent) {
		const history = messages.get(messageId) ?? [];
		messages.set(messageId, [...history, `${method} ${text}`.trim()]);
	}
	return [...messages.values()].map((history) => history.join('\n'));
}

async function watch(start: (config: JsonObject) => Promise<Gateway>): Promise<Seen> {
	const standIns = new Map<string, TelegramStandIn>();
	for (const [mode] of STREAMING_MODES) standIns.set(mode, await startTelegramStandIn());
	const gateway = await start(streamingAccounts(standIns));
	const seen: Record<string, readonly string[]> = {};
	try {
		for (const chat of CHATS) {
			for (const [mode, telegram] of standIns) telegram.write(messageOf(chat, mode));
			for (const [mode, telegram] of standIns) {
				await telegram.waitForSent(({ text }) => text === chat.reply(mode), {
					timeoutMs: RUN_MS,
				});
			}
		}
		await Promise.all([...standIns.values()].map(settled));
		for (const [mode, telegram] of standIns) seen[mode] = seenIn(telegram);
	} finally {
		await gateway.remove();
		for (const telegram of standIns.values()) await telegram.stop();
	}
	return seen;
}

/** A preview of the tool's progress is taken away after the reply, where there was one. */
async function settled(telegram: TelegramStandIn): Promise<void> {
	const openPreviews = () => {
		const open = new Set<string>();
		for (const { method, messageId, text } of telegram.sent) {
			const isPreview = method === 'sendMessage' && text.includes('First I look around');
			const isWork = method === 'sendMessage' && text.startsWith('<b>Working</b>');
			if (isPreview || isWork) open.add(messageId);
			if (method === 'deleteMessage') open.delete(messageId);
		}
		return open;
	};
	await waitFor('the previews to go', () => openPreviews().size === 0, { timeoutMs: RUN_MS });
}

beforeAll(async () => {
	model = await startScriptedModel();
	sink = await startHttpSink();
	const runtimes = await ensureRuntimes(silentProgress, { n8n: false });
	const modelUrl = model.url;
	without = await watch(async (config) => startGateway({ runtimes, modelUrl, config }));
	withPlugin = await watch(async (config) =>
		startPluginGateway({
			modelUrl,
			config,
			webhooks: {
				endpoints: [
					{ name: 'all', url: sink.url, secret: SECRET, events: ['*'], allowPrivateHosts: true },
				],
			},
		}),
	);
}, 600_000);

afterAll(async () => {
	await sink.stop();
	await model.stop();
});

it.each(STREAMING_MODES.map(([mode]) => mode))(
	'the person sees the same with and without: %s',
	(mode) => {
		expect(withPlugin[mode]).toEqual(without[mode]);
		expect(without[mode]?.length).toBeGreaterThanOrEqual(CHATS.length);
	},
);

it('the events are what the schemas say', () => {
	expect(sink.requests.length).toBeGreaterThan(STREAMING_MODES.length);
	expect(sink.requests.flatMap(({ json }) => faultsOf(json))).toEqual([]);
});

it('there are live previews to lose', () => {
	const edits = (mode: string) => withPlugin[mode]?.join('\n').match(/^editMessageText/gm)?.length;

	expect(edits('partial')).toBeGreaterThanOrEqual(2);
	expect(edits('block')).toBeGreaterThanOrEqual(2);
});

it.each(STREAMING_MODES.map(([mode]) => mode))('each reply is told, with its run: %s', (mode) => {
	const sent = sink.requests
		.map(({ json }) => json)
		.filter((event) => textAt(event, 'type') === 'message.sent')
		.map((event) => objectAt(event, 'data'))
		.filter((data) => data.accountId === mode);

	expect(sent.map((data) => textAt(data, 'message', 'content'))).toEqual(
		CHATS.map((chat) => chat.reply(mode)),
	);
	for (const data of sent) {
		expect(data).toMatchObject({ agentId: 'main', channel: 'telegram', userId: '777' });
		expect(at(data, 'conversation')).toMatchObject({ id: '777', type: 'direct' });
	}
	// The same words in another account at the same time may leave open whose they were.
	expect(sent[0]).toMatchObject({ model: 'scripted-1', trigger: 'user' });
	expect(sent[0]).toHaveProperty('runId');
	expect(sent[0]).toHaveProperty('usage');
});
