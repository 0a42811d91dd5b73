import type { CallbackEvent } from '../../../openclaw-plugin/src/inbound/callback';
import type { MessageCallback } from '../../../openclaw-plugin/src/inbound/message';
import { placeOfCommand } from '../../../openclaw-plugin/src/reviews/chatPlace';
import type { ChatPlace } from '../../../openclaw-plugin/src/reviews/chatPlace';
import type { Question } from '../../../openclaw-plugin/src/reviews/question';
import { readReviewRequest } from '../../../openclaw-plugin/src/reviews/reviewRequest';
import { createReviews, type Reviews } from '../../../openclaw-plugin/src/reviews/reviews';
import type { JsonObject } from '../../../testbed/json';
import { temporaryDatabase } from '../outbox/support/temporaryDatabase';

const CALLBACK: MessageCallback = {
	url: 'https://n8n.example/webhook-waiting/7',
	secret: 'whsec_of-this-question',
	allowPrivateHosts: true,
};
const ADA = { channel: 'telegram', from: 'telegram:777', to: 'telegram:777', senderId: '777' };

let store: Awaited<ReturnType<typeof temporaryDatabase>>;
let reviews: Reviews;
let clock: number;
let sent: { place: ChatPlace; question: Question }[];
let events: CallbackEvent[];
let sendToChat: () => Promise<void>;

beforeEach(async () => {
	store = await temporaryDatabase();
	clock = 1_800_000_000_000;
	sent = [];
	events = [];
	sendToChat = async () => Promise.resolve();
	reviews = createReviews({
		database: store.database,
		callbacks: { sendEvent: (_, event) => events.push(event) },
		findSession: (key) =>
			key === 'agent:main:main'
				? {
						delivery: {
							kind: 'external',
							context: { channel: 'slack', to: 'channel:C1', threadId: 17 },
						},
					}
				: undefined,
		sendToChat: async (place, question) => {
			sent.push({ place, question });
			await sendToChat();
		},
		logger: { warn: () => undefined },
		now: () => clock,
	});
});

afterEach(async () => {
	await store.remove();
});

async function ask(more: JsonObject = {}, key?: string) {
	const read = readReviewRequest({
		message: 'May I?',
		channel: 'Telegram',
		to: '777',
		timeoutSeconds: 60,
		...more,
	});
	if (!read.ok) throw new Error(read.refusal.message);
	return await reviews.ask(read.value, CALLBACK, { caller: 'token-1', key });
}

const code = () => /\/n8n approve (\w+)/.exec(sent.at(-1)?.question.text ?? '')?.[1] ?? '';
const answer = (text: string, where: JsonObject = ADA) =>
	reviews.answer(text, placeOfCommand(where)).kind;

it('asks with what is needed to answer, and tells the answer once', async () => {
	await ask();
	expect(sent[0]).toMatchObject({ place: { channel: 'telegram', to: '777' } });
	expect(sent[0]?.question.buttons.map(({ command }) => command)).toEqual([
		`/n8n approve ${code()}`,
		`/n8n deny ${code()}`,
	]);
	expect(answer(`approve ${code()}`)).toBe('approved');
	expect(answer(`deny ${code()}`)).toBe('resolved');
	expect(events).toMatchObject([
		{ type: 'review.answered', data: { review: { decision: 'approve', by: '777' } } },
	]);
});

it('keeps the secret of the callback no longer than it needs it', async () => {
	await ask();
	answer(`deny ${code()} Not now`);
	const rows = store.database.prepare('SELECT * FROM reviews').all();
	expect(rows).toHaveLength(1);
	expect(JSON.stringify(rows)).not.toContain('whsec_');
});

it.each(['', 'yes', 'approve', 'ok CODE', 'approve CODE but only once', 'approved CODE'])(
	'takes %j for no answer',
	async (text) => {
		await ask();
		expect(answer(text.replace('CODE', code()))).toBe('unclear');
		expect(events).toEqual([]);
		expect(answer(`APPROVE  ${code().toUpperCase()}`)).toBe('approved');
	},
);

it('does not count an answer that is too late', async () => {
	await ask();
	clock += 60_000;
	expect(answer(`approve ${code()}`)).toBe('late');
	expect(events).toEqual([]);
});

it.each<[string, JsonObject]>([
	['another chat', { ...ADA, from: 'telegram:888', to: 'telegram:888' }],
	['another channel', { ...ADA, channel: 'slack' }],
	['the control page, which has no chat', { channel: 'webchat', senderId: '777' }],
	['nowhere', {}],
])('knows of no question in %s', async (_, where) => {
	await ask();
	expect(answer(`approve ${code()}`, where)).toBe('unknown');
	expect(events).toEqual([]);
});

it.each<[string, JsonObject, JsonObject]>([
	[
		'a group',
		{ to: '-100200' },
		{ from: 'telegram:group:-100200:topic:11', to: 'telegram:-100200' },
	],
	['an account', { to: '777', accountId: 'default' }, { ...ADA, accountId: 'default' }],
	[
		'a session that is named after its chat',
		{ sessionKey: 'agent:main:main', channel: undefined, to: undefined },
		{ channel: 'slack', from: 'slack:channel:C1', to: 'channel:C1' },
	],
])('counts an answer from %s', async (_, where, place) => {
	const given = Object.entries(where).filter(([, value]) => value !== undefined);
	const body = { message: 'May I?', timeoutSeconds: 60, ...Object.fromEntries(given) };
	const read = readReviewRequest('channel' in where ? body : { channel: 'telegram', ...body });
	if (!read.ok) throw new Error(read.refusal.message);
	await reviews.ask(read.value, CALLBACK, { caller: 'token-1' });
	expect(answer(`approve ${code()}`, { channel: 'telegram', senderId: '777', ...place })).toBe(
		'approved',
	);
});

it('does not count another account of the channel, nor somebody who was not asked', async () => {
	await ask({ accountId: 'work', approvers: ['888'] });
	expect(answer(`approve ${code()}`, { ...ADA, accountId: 'home' })).toBe('unknown');
	expect(answer(`approve ${code()}`)).toBe('not-you');
	expect(answer(`approve ${code()}`, { ...ADA, senderId: undefined })).toBe('not-you');
	expect(answer(`deny ${code()}`, { ...ADA, senderId: 888 })).toBe('denied');
});

it('asks no second time for the same request, but where the chat has not got it', async () => {
	sendToChat = async () => Promise.reject(new Error('not connected'));
	expect(await ask({}, 'key-1')).toMatchObject({ ok: false, refusal: { code: 'not-delivered' } });
	const first = code();
	sendToChat = async () => Promise.resolve();
	expect(await ask({}, 'key-1')).toMatchObject({ ok: true, value: { isRepeated: false } });
	expect(code()).toBe(first);
	expect(await ask({}, 'key-1')).toMatchObject({ ok: true, value: { isRepeated: true } });
	expect(sent).toHaveLength(2);
});

it('refuses a session without a chat', async () => {
	const read = readReviewRequest({
		message: 'May I?',
		sessionKey: 'agent:main:other',
		timeoutSeconds: 60,
	});
	if (!read.ok) throw new Error(read.refusal.message);
	expect(await reviews.ask(read.value, CALLBACK, { caller: 'token-1' })).toMatchObject({
		ok: false,
		refusal: { status: 404, code: 'no-chat' },
	});
	expect(sent).toEqual([]);
});

it.each<[string, unknown, string | undefined]>([
	['no object', 'May I?', undefined],
	['an unknown key', { approver: '777' }, 'approver'],
	['nothing to ask', { message: ' ' }, 'message'],
	['more than a person reads', { message: 'x'.repeat(3001) }, 'message'],
	['no chat', { to: undefined }, undefined],
	['both a session and a chat', { sessionKey: 'agent:main:main' }, 'channel'],
	['nobody who may answer', { approvers: [] }, 'approvers'],
	['no time', { timeoutSeconds: 0 }, 'timeoutSeconds'],
	['a time beyond a week', { timeoutSeconds: 604_801 }, 'timeoutSeconds'],
])('refuses %s', (_, body, path) => {
	const base = { message: 'May I?', channel: 'telegram', to: '777', timeoutSeconds: 60 };
	const posted =
		typeof body === 'object' ? (JSON.parse(JSON.stringify({ ...base, ...body })) as unknown) : body;
	expect(readReviewRequest(posted)).toMatchObject({
		ok: false,
		refusal: { status: 400, code: 'invalid-review', ...(path === undefined ? {} : { path }) },
	});
});

it('forgets what nobody can answer any more', async () => {
	await ask();
	reviews.forget(1);
	expect(answer(`approve ${code()}`)).toBe('approved');
	store.database.exec('UPDATE clock SET day = day + 9');
	reviews.forget(1);
	expect(store.database.prepare('SELECT id FROM reviews').all()).toEqual([]);
});
