import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { isObject, listAt, textAt, tryParseJson, type JsonObject } from './json';
import { readBody, startLocalServer } from './localServer';
import { waitFor, type WaitOptions } from './waitFor';

/** A call of the Web API that shows people something. */
export interface SlackCall {
	/** Method of the Web API, such as `chat.postMessage`. */
	readonly method: string;
	readonly text: string;
	readonly channel: string;
	/** Timestamp of the message that the thread hangs on; empty outside of threads. */
	readonly threadTs: string;
	/** Which message it is: the one that was posted or changed. */
	readonly ts: string;
}

/** Who writes, and where; Ada in the channel of the team unless given. */
export interface SlackSender {
	readonly user?: string;
	readonly channel?: string;
	/** Timestamp of the message that the thread hangs on. */
	readonly threadTs?: string;
}

/** A local Slack, for gateways that must not reach the real one. */
export interface SlackStandIn {
	/** Environment variables that make a gateway use it. */
	readonly env: Readonly<Record<string, string>>;
	/** Top-level configuration keys that do so, all chats going to one agent. */
	config(agentId: string): JsonObject;
	/** Lets somebody write and returns the message's timestamp, by which Slack names it. */
	write(gatewayUrl: string, text: string, sender?: SlackSender): Promise<string>;
	readonly sent: readonly SlackCall[];
	waitForSent(fits: (call: SlackCall) => boolean, options?: WaitOptions): Promise<SlackCall>;
	stop(): Promise<void>;
}

const TEAM = 'T0TESTBED';
const APP = 'A0TESTBED';
const BOT = { user_id: 'U0TESTBED', bot_id: 'B0TESTBED' };
const CHANNEL = 'C0TESTBED';
const ADA = 'U0ADA';
const BOT_TOKEN = 'xoxb-testbed-token-of-the-slack-stand-in';
const SIGNING_SECRET = 'signing-secret-of-the-slack-stand-in';
const EVENTS_PATH = '/slack/events';
const SENDS = /^chat\.(?:postMessage|update|delete|startStream|appendStream|stopStream)$/;

function userOf(id: string): JsonObject {
	const name = id === ADA ? 'Ada Lovelace' : id;
	const handle = name.toLowerCase().split(' ')[0] ?? '';
	return {
		id,
		team_id: TEAM,
		name: handle,
		real_name: name,
		is_bot: id === BOT.user_id,
		profile: { real_name: name, display_name: name },
	};
}

function channelOf(id: string): JsonObject {
	const isDirect = id.startsWith('D');
	return {
		id,
		name: isDirect ? undefined : 'team',
		is_channel: !isDirect,
		is_im: isDirect,
		is_member: true,
		is_private: false,
	};
}

/** Answers of methods that only ask. */
function ask(method: string, parameters: JsonObject): JsonObject {
	const auth = { url: 'https://testbed.slack.com/', team: 'Testbed', team_id: TEAM, user: 'bot' };
	switch (method) {
		case 'auth.test':
			return { ...auth, ...BOT, app_id: APP };
		case 'bots.info':
			return { bot: { id: BOT.bot_id, app_id: APP, user_id: BOT.user_id, name: 'bot' } };
		case 'users.info':
			return { user: userOf(textAt(parameters, 'user')) };
		case 'conversations.info':
			return { channel: channelOf(textAt(parameters, 'channel')) };
		case 'conversations.open':
			return { channel: { id: 'D0TESTBED' } };
		case 'conversations.replies':
		case 'conversations.history':
			return { messages: [], has_more: false };
		case 'conversations.list':
			return { channels: [channelOf(CHANNEL)] };
		case 'users.list':
			return { members: [userOf(ADA)] };
		default:
			return {};
	}
}

function parametersOf(body: string): JsonObject {
	const json = tryParseJson(body);
	return isObject(json) ? json : Object.fromEntries(new URLSearchParams(body));
}

/** What people read of a message: its text, or its blocks where it has none. */
function readable(parameters: JsonObject): string {
	const text = textAt(parameters, 'text') || textAt(parameters, 'markdown_text');
	if (text !== '') return text;
	const blocks = tryParseJson(textAt(parameters, 'blocks')) ?? parameters.blocks;
	return listAt(blocks)
		.map((block) => textAt(block, 'text', 'text'))
		.join('\n');
}

/**
 * Starts a Web API on the loopback interface, which hands messages to the gateway as Slack's Events API does.
 *
 * @example
 * const slack = await startSlackStandIn();
 * const ts = await slack.write(gateway.url, 'Hello');
 * await slack.waitForSent(({ threadTs }) => threadTs === ts);
 */
export async function startSlackStandIn(): Promise<SlackStandIn> {
	const sent: SlackCall[] = [];
	let nextMessage = 1;
	const newTs = () =>
		`${String(Math.floor(Date.now() / 1000))}.${String(nextMessage++).padStart(6, '0')}`;

	const answer = (response: ServerResponse, result: JsonObject) => {
		response.writeHead(200, { 'content-type': 'application/json' });
		response.end(JSON.stringify({ ok: true, ...result }));
	};
	const server = await startLocalServer((request, response) => {
		const handle = async () => {
			const method =
				new URL(request.url ?? '', 'http://localhost').pathname.split('/').at(-1) ?? '';
			const parameters = parametersOf((await readBody(request)).toString('utf8'));
			if (!SENDS.test(method)) {
				answer(response, ask(method, parameters));
				return;
			}
			const ts = textAt(parameters, 'ts') || newTs();
			const channel = textAt(parameters, 'channel');
			const threadTs = textAt(parameters, 'thread_ts');
			sent.push({ method, text: readable(parameters), channel, threadTs, ts });
			answer(response, { channel, ts, message: { ts, text: readable(parameters), ...BOT } });
		};
		handle().catch(() => response.destroy());
	});
	return {
		env: { SLACK_API_URL: `${server.url}/api/` },
		config: (agentId) => ({
			channels: {
				slack: {
					enabled: true,
					mode: 'http',
					botToken: BOT_TOKEN,
					signingSecret: SIGNING_SECRET,
					webhookPath: EVENTS_PATH,
					dmPolicy: 'open',
					allowFrom: ['*'],
					groupPolicy: 'open',
					channels: { [CHANNEL]: { enabled: true, requireMention: false } },
				},
			},
			bindings: [{ agentId, match: { channel: 'slack', accountId: 'default' } }],
		}),
		write: async (gatewayUrl, text, { user = ADA, channel = CHANNEL, threadTs } = {}) => {
			const ts = newTs();
			const event = {
				type: 'message',
				user,
				text,
				ts,
				event_ts: ts,
				channel,
				channel_type: channel.startsWith('D') ? 'im' : 'channel',
				team: TEAM,
				...(threadTs === undefined ? {} : { thread_ts: threadTs, parent_user_id: ADA }),
			};
			const body = JSON.stringify({
				type: 'event_callback',
				team_id: TEAM,
				api_app_id: APP,
				event,
				event_id: `Ev${ts.replace('.', '')}`,
				event_time: Math.floor(Number(ts)),
				authorizations: [{ team_id: TEAM, user_id: BOT.user_id, is_bot: true }],
			});
			const time = String(Math.floor(Date.now() / 1000));
			const mac = createHmac('sha256', SIGNING_SECRET).update(`v0:${time}:${body}`).digest('hex');
			const response = await fetch(gatewayUrl + EVENTS_PATH, {
				method: 'POST',
				headers: {
					'content-type': 'application/json',
					'x-slack-request-timestamp': time,
					'x-slack-signature': `v0=${mac}`,
				},
				body,
			});
			if (!response.ok) {
				throw new Error(`The gateway answers Slack with ${String(response.status)}`);
			}
			return ts;
		},
		sent,
		waitForSent: async (fits, options) =>
			await waitFor('a message to Slack', () => sent.find(fits), options),
		stop: async () => server.close(),
	};
}
