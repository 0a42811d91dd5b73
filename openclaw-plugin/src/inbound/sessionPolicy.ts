import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import type { GatewayHooks } from '../settings/gatewayConfig';
import { GATEWAY_TOKEN } from '../tokens/tokens';
import type { Caller } from '../tokens/tokens';

/**
 * Which session a call may write into. A session is a conversation: who writes into somebody's and waits for
 * the reply reads along, and `deliver` speaks in it. So without more a call belongs to the session of its
 * inbound endpoint, or to one below it.
 */
export interface SessionRules {
	readonly agentId: string;
	/** Session of messages that name none. */
	readonly own: string;
	/** Those of the other inbound endpoints; one of them may look as if it were below the own one. */
	readonly others: readonly string[];
	readonly caller: Caller;
	/** `inbound.sessionKeys`: what everybody may write into, as the owner says. */
	readonly prefixes: readonly string[];
	/** The rules of the gateway's own hooks, for its token. */
	readonly hooks: Pick<GatewayHooks, 'mayNameSession' | 'sessionKeyPrefixes'>;
	/** Whether the gateway has a session; undefined where that cannot be told. */
	readonly isThere: (sessionKey: string) => boolean | undefined;
}

const MAX_LENGTH = 256;
const SESSION_KEY = /^[^\s\p{Cc}]+$/u;

/**
 * Decides on the session of a message.
 *
 * @param asked the session key of the request; without `agent:` before it one of the endpoint's agent
 * @param deliver whether the reply goes into the session's chat, too
 * @returns the session key, 400 for what is no key of this agent, 403 for one that this caller may not use, 422 where
 *   there is nobody to deliver to
 * @example
 * chooseSession('ticket-7', false, rules); // 'agent:support-bot:ticket-7', with the scope 'sessions'
 */
export function chooseSession(
	asked: string | undefined,
	deliver: boolean,
	rules: SessionRules,
): Checked<string> {
	const key = asked === undefined ? rules.own : qualify(asked, rules.agentId);
	if (key === undefined) return refuse(badSessionKey(rules.agentId));
	const isOwn = belongsTo(key, rules);
	if (isOwn && !deliver) return { ok: true, value: key };
	if (!isOpen(asked ?? key, key, isOwn, rules)) {
		return refuse(isOwn ? NO_DELIVERY : notAllowed(rules));
	}
	// Without a conversation the gateway would refuse the run itself, later.
	const leadsNowhere = deliver && rules.isThere(key) === false;
	return leadsNowhere ? refuse(NO_CONVERSATION) : { ok: true, value: key };
}

/** Undefined for what is no key of this agent. */
function qualify(sessionKey: string, agentId: string): string | undefined {
	if (sessionKey.length > MAX_LENGTH || !SESSION_KEY.test(sessionKey)) return undefined;
	const prefix = `agent:${agentId}:`;
	const isWhole = sessionKey.toLowerCase().startsWith('agent:');
	const key = isWhole ? sessionKey : prefix + sessionKey;
	if (!startsWith(key, prefix)) return undefined;
	// The gateway takes a key with an empty part in this place for none, and never runs the agent.
	const rest = key.slice(prefix.length);
	return rest === '' || rest.startsWith(':') ? undefined : key;
}

function belongsTo(key: string, { own, others }: SessionRules): boolean {
	const isWithin = (session: string) =>
		key.toLowerCase() === session.toLowerCase() || startsWith(key, `${session}:`);
	if (!isWithin(own)) return false;
	return !others.some((other) => other.length > own.length && isWithin(other));
}

function isOpen(asked: string, key: string, isOwn: boolean, rules: SessionRules): boolean {
	const { caller, prefixes, hooks, agentId } = rules;
	if (caller.scopes.includes('sessions')) return true;
	const short = key.slice(`agent:${agentId}:`.length);
	if (prefixes.some((prefix) => startsWith(key, prefix) || startsWith(short, prefix))) return true;
	if (caller.id !== GATEWAY_TOKEN) return false;
	if (isOwn) return true;
	const { mayNameSession, sessionKeyPrefixes } = hooks;
	const isAnyAllowed = sessionKeyPrefixes.length === 0;
	return (
		mayNameSession &&
		(isAnyAllowed || sessionKeyPrefixes.some((prefix) => startsWith(asked, prefix)))
	);
}

/** The gateway makes no difference between upper and lower case. */
function startsWith(text: string, prefix: string): boolean {
	return text.toLowerCase().startsWith(prefix.toLowerCase());
}

function badSessionKey(agentId: string): Refusal {
	return {
		status: 400,
		code: 'invalid-session-key',
		path: 'sessionKey',
		message: `The session key must belong to the endpoint's agent and start with 'agent:${agentId}:', without blanks`,
	};
}

function notAllowed({ caller, own }: SessionRules): Refusal {
	const ways =
		caller.id === GATEWAY_TOKEN
			? "The hook token may name others where 'hooks.allowRequestSessionKey' and 'hooks.allowedSessionKeyPrefixes' say so"
			: "Others need a token with the scope 'sessions'";
	return {
		status: 403,
		code: 'session-not-allowed',
		path: 'sessionKey',
		message: `The session must be '${own}' or begin with '${own}:'. ${ways}, or a prefix in 'inbound.sessionKeys' of the gateway's settings`,
	};
}

const NO_CONVERSATION: Refusal = {
	status: 422,
	code: 'no-conversation',
	path: 'deliver',
	message:
		'The reply cannot be delivered: the gateway has no session with this key, so no conversation that it belongs to',
};

const NO_DELIVERY: Refusal = {
	status: 403,
	code: 'deliver-not-allowed',
	path: 'deliver',
	message:
		"To have replies delivered takes a token with the scope 'sessions', or a prefix of the session in 'inbound.sessionKeys' of the gateway's settings",
};
