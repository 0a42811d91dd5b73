import type { IWebhookFunctions } from 'n8n-workflow';
import { createEventKeys } from '../../../protocol/sign';
import type { EventKeys } from '../../../protocol/sign';
import { checkSignatureHeaders, verifySignature } from '../../../protocol/signature';
import type { CheckedHeaders, Refusal, Verdict } from '../../../protocol/signature';
import {
	checkStandardWebhookHeaders,
	verifyStandardWebhookSignature,
} from '../../../protocol/standardWebhooks';
import type { CheckedStandardWebhook } from '../../../protocol/standardWebhooks';
import { readRawBody } from '../../shared/webhookExchange';
import type { WebhookRequest } from '../../shared/webhookExchange';
import { readSetup } from '../event/settings';
import { readRegistered } from '../setup/automatic';
import { SigningKeyCache } from './signingKeys';

const CREDENTIAL_TYPE = 'openClawApi';
const MAX_SECRETS = 1_000;

/** A request whose signature fits, or how to answer one that is refused. */
export type Verification =
	| {
			ok: true;
			bytes: Buffer;
			keyIndex: number;
			timestamp: number;
			/** Of a sender that follows Standard Webhooks: the id that its signature covers. */
			messageId: string | undefined;
	  }
	| { ok: false; status: 401; reason: Refusal['reason']; message?: undefined }
	| { ok: false; status: 400 | 413 | 415; reason: 'unreadable-body'; message: string };

const signingKeys = new SigningKeyCache();
/** Keys of generated secrets, which never change: each is made once. */
const registeredKeys = new Map<string, EventKeys>();

/**
 * Checks where a request comes from, cheapest first: form and age of the headers, then the body, then
 * the signature, for which the secret is read. A request without this protocol's own headers may be signed
 * by Standard Webhooks.
 *
 * @param now milliseconds since 1970
 * @throws what reading the credential throws
 */
export async function verifyRequest(
	context: IWebhookFunctions,
	request: WebhookRequest,
	toleranceSeconds: number,
	now: number,
): Promise<Verification> {
	const headers = checkHeaders(request, { now: now / 1000, toleranceSeconds });
	if (!headers.ok) return { ok: false, status: 401, reason: headers.reason };

	const body = await readRawBody(request);
	if (!body.ok) return { ...body, reason: 'unreadable-body' };
	const judge = (verdict: Verdict): Verification => {
		if (!verdict.ok) return { ok: false, status: 401, reason: verdict.reason };
		const messageId = 'id' in headers ? headers.id : undefined;
		return { ...verdict, bytes: body.bytes, messageId };
	};

	if (readSetup(context) !== 'manual') {
		const registered = readRegistered(context);
		const keys = registered === undefined ? NO_KEYS : keysOf(registered.secret);
		return judge(verify(body.bytes, headers, keys));
	}
	const credential = context.getNode().credentials?.[CREDENTIAL_TYPE];
	if (!credential) return { ok: false, status: 401, reason: 'no-secret' };
	const cacheKey = credential.id ?? `name ${credential.name}`;
	const readSecret = async () =>
		(await context.getCredentials<{ signingSecret?: unknown }>(CREDENTIAL_TYPE)).signingSecret;

	const keys = await signingKeys.get(cacheKey, readSecret, now);
	const verdict = verify(body.bytes, headers, keys);
	if (verdict.ok) return judge(verdict);
	const newer = await signingKeys.getNewer(cacheKey, readSecret, now, keys);
	return judge(newer ? verify(body.bytes, headers, newer) : verdict);
}

type Checked = CheckedHeaders | CheckedStandardWebhook;

function checkHeaders(
	{ headers }: WebhookRequest,
	options: { now: number; toleranceSeconds: number },
): Checked | Refusal {
	const own = checkSignatureHeaders(headers, options);
	if (own.ok || own.reason !== 'missing-signature') return own;
	const standard = checkStandardWebhookHeaders(headers, options);
	return standard.ok || standard.reason !== 'missing-signature' ? standard : own;
}

function verify(bytes: Buffer, headers: Checked, keys: EventKeys): Verdict {
	return 'id' in headers
		? verifyStandardWebhookSignature(bytes, headers, keys.standard)
		: verifySignature(bytes, headers, keys.own);
}

const NO_KEYS: EventKeys = { own: [], standard: [] };

function keysOf(secret: string): EventKeys {
	const present = registeredKeys.get(secret);
	if (present !== undefined) return present;
	const keys = createEventKeys(secret);
	if (registeredKeys.size >= MAX_SECRETS) registeredKeys.clear();
	registeredKeys.set(secret, keys);
	return keys;
}
