import { randomUUID } from 'node:crypto';
import { createSigningKeys } from '../../protocol/keys';
import { checkSignatureHeaders, verifySignature } from '../../protocol/signature';
import { Cleanup } from '../../testbed/cleanup';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import {
	startTelegramStandIn,
	type TelegramCall,
	type TelegramSender,
	type TelegramStandIn,
} from '../../testbed/telegramStandIn';
import { startPluginGateway } from './support/pluginGateway';
import { createToken } from './support/tokens';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ADA = 777;
const GROUP = -100_200;

const cleanup = new Cleanup();
let model: ScriptedModel;
let n8n: HttpSink;
let telegram: TelegramStandIn;
let gateway: Gateway;
let token: string;

beforeAll(async () => {
	const started = await startScriptedModel();
	cleanup.defer(async () => started.stop());
	model = started;
	n8n = await startHttpSink();
	cleanup.defer(async () => n8n.stop());
	telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {},
		config: telegram.config('support-bot'),
	});
	cleanup.defer(async () => gateway.remove());
	token = createToken(gateway);
});

afterAll(async () => {
	await cleanup.run();
});

async function post(body: JsonObject, key: string = randomUUID(), bearer = token) {
	const response = await fetch(`${gateway.url}/plugins/event-webhooks/api/reviews`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${bearer}`,
			'content-type': 'application/json',
			'idempotency-key': key,
			'x-openclaw-callback-url': `${n8n.url}/answer`,
			'x-openclaw-callback-secret': SECRET,
		},
		body: JSON.stringify({ timeoutSeconds: 600, ...body }),
	});
	return { status: response.status, json: tryParseJson(await response.text()) };
}

const inChat = { channel: 'telegram', to: String(ADA) };

/** Asks; gives the question as the chat has it, its code, and the review's id. */
async function ask(message: string, where: JsonObject = inChat) {
	const { status, json } = await post({ message, ...where });
	expect({ status, json }).toMatchObject({ status: 202, json: { ok: true } });
	const call = await telegram.waitForSent(({ text }) => text.includes(message));
	const code = /\/n8n approve (\w+)/.exec(call.text)?.[1] ?? '';
	expect(code).not.toBe('');
	return { id: textAt(json, 'review', 'id'), call, code };
}

/** Writes in a chat; gives what the bot says to it. */
async function say(text: string, sender: TelegramSender = {}): Promise<string> {
	const before = telegram.sent.length;
	telegram.write(text, sender);
	return await nextText(before, String(sender.chatId ?? sender.userId ?? ADA));
}

async function nextText(before: number, chatId: string): Promise<string> {
	const { text } = await telegram.waitForSent(
		(call: TelegramCall) => telegram.sent.indexOf(call) >= before && call.chatId === chatId,
	);
	return text;
}

/** The signed event that says what was answered. */
async function answerTo(id: string): Promise<JsonObject> {
	const { json, headers, body } = await n8n.waitForRequest(
		(request) => textAt(request.json, 'data', 'review', 'id') === id,
	);
	const checked = checkSignatureHeaders(headers, {
		now: Date.now() / 1000,
		toleranceSeconds: 300,
	});
	expect(checked.ok && verifySignature(body, checked, createSigningKeys(SECRET)).ok).toBe(true);
	expect(textAt(json, 'type')).toBe('review.answered');
	return at(json, 'data', 'review') as JsonObject;
}

const answered = () => n8n.requests.map(({ json }) => textAt(json, 'data', 'review', 'id'));

it('a person approves by a button, and no agent hears of it', async () => {
	const { id, call } = await ask('May I delete the backup?');
	expect(call.buttons.map(({ text }) => text)).toEqual(['Approve', 'Deny']);
	const before = telegram.sent.length;
	telegram.press(call, 'Approve');
	expect(await answerTo(id)).toEqual({ id, decision: 'approve', by: String(ADA) });
	expect(await nextText(before, String(ADA))).toContain('Approved.');
	expect(await model.requests()).toEqual([]);
});

it('a person denies by a word, with a reason', async () => {
	const { id, code } = await ask('May I pay 500 EUR?');
	expect(await say(`/n8n deny ${code} Not before Monday`)).toContain('Denied.');
	expect(await answerTo(id)).toMatchObject({ decision: 'deny', reason: 'Not before Monday' });
	expect(await say(`/n8n approve ${code}`)).toContain('That was denied already');
	expect(answered().filter((one) => one === id)).toHaveLength(1);
});

it('anything else is no answer and is asked for again', async () => {
	const { id, code } = await ask('May I restart the server?');
	for (const text of [
		'/n8n',
		'/n8n yes',
		`/n8n maybe ${code}`,
		`/n8n approve ${code} but only once`,
	]) {
		expect(await say(text)).toContain('That is no answer. Write: /n8n approve');
	}
	expect(await say('/n8n approve wrongcode')).toContain('No question under this code');
	expect(answered()).not.toContain(id);
	expect(await say(`/n8n APPROVE ${code.toUpperCase()}`)).toContain('Approved.');
	await answerTo(id);
});

it('an answer counts from that chat and from those who were asked', async () => {
	const { id, code } = await ask('Who may say yes?', {
		channel: 'telegram',
		to: String(GROUP),
		approvers: ['telegram:777'],
	});
	expect(await say(`/n8n approve ${code}`)).toContain('No question under this code');
	const bob = { userId: 888, chatId: GROUP, name: 'Bob' };
	expect(await say(`/n8n approve ${code}`, bob)).toContain('Somebody else was asked');
	expect(answered()).not.toContain(id);
	expect(await say(`/n8n approve ${code}`, { chatId: GROUP, threadId: 11 })).toContain('Approved.');
	expect(await answerTo(id)).toMatchObject({ decision: 'approve', by: '777' });
});

it('the chat of a session is asked, once for one request', async () => {
	expect(await model.requests()).toEqual([]);
	expect(await say('Hello [[reply:Good morning]]')).toContain('Good morning');
	const list = await gateway.openclaw(['sessions', '--agent', 'support-bot', '--json']);
	const sessionKey = /"key":\s*"([^"]+)"/.exec(list)?.[1] ?? '';
	const body = { message: 'The chat of the session?', sessionKey };
	const first = await post(body, 'key-1');
	expect(await post(body, 'key-1')).toEqual(first);
	expect(first.status).toBe(202);
	const asked = telegram.sent.filter(({ text }) => text.includes('The chat of the session?'));
	expect(asked.map(({ chatId }) => chatId)).toEqual([String(ADA)]);
});

it('what nobody can answer is refused', async () => {
	const withoutScope = createToken(gateway, {
		scopes: ['inbound', 'agents', 'endpoints', 'approvals'],
	});
	const where = { message: 'Anybody?', ...inChat };
	expect((await post(where, randomUUID(), withoutScope)).status).toBe(403);
	expect(await post({ message: 'Anybody?', sessionKey: 'agent:main:nobody' })).toMatchObject({
		status: 404,
		json: { error: { code: 'no-chat', path: 'sessionKey' } },
	});
	expect(await post({ ...where, channel: 'nowhere' })).toMatchObject({
		status: 502,
		json: { error: { code: 'not-delivered' } },
	});
	expect(await post({ ...where, message: 'x'.repeat(3001) })).toMatchObject({ status: 400 });
});

it('an answer that comes when the time is over does not count', async () => {
	const { id, code } = await ask('Quick?', { ...inChat, timeoutSeconds: 0.001 });
	expect(await say(`/n8n approve ${code}`)).toContain('The time for that is over');
	expect(answered()).not.toContain(id);
});
