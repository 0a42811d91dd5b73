import type { IWebhookFunctions } from 'n8n-workflow';
import { checkSignatureHeaders, verifySignature } from '../../protocol/signature';
import type { VerifyFailure } from '../../protocol/signature';
import type { WebhookRequest } from '../shared/webhookExchange';
import { readRawBody } from '../shared/webhookExchange';
import { isAutomatic } from './endpointSetup';
import { readRegistered } from './registeredEndpoint';
import { RegisteredKeys } from './registeredKeys';
import { SigningKeyCache } from './signingKeys';

const CREDENTIAL_TYPE = 'openClawApi';

/** A request whose signature fits, or how to answer one that is refused. */
export type Verification =
	| { ok: true; bytes: Buffer; keyIndex: number; timestamp: number }
	| { ok: false; status: 401; reason: VerifyFailure; message?: undefined }
	| { ok: false; status: 400 | 413 | 415; reason: 'unreadable-body'; message: string };

const signingKeys = new SigningKeyCache();
const registeredKeys = new RegisteredKeys();

/**
 * Checks where a request comes from, cheapest first: form and age of the headers, then the body, then
 * the signature, for which the secret is read.
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
	const headers = checkSignatureHeaders(request.headers, { now: now / 1000, toleranceSeconds });
	if (!headers.ok) return { ok: false, status: 401, reason: headers.reason };

	const body = await readRawBody(request);
	if (!body.ok) return { ...body, reason: 'unreadable-body' };

	if (isAutomatic(context)) {
		const registered = readRegistered(context);
		const keys = registered === undefined ? [] : registeredKeys.get(registered.secret);
		return judge(verifySignature(body.bytes, headers, keys), body.bytes);
	}
	const credential = context.getNode().credentials?.[CREDENTIAL_TYPE];
	if (!credential) return { ok: false, status: 401, reason: 'no-secret' };
	const cacheKey = credential.id ?? `name ${credential.name}`;
	const readSecret = async () =>
		(await context.getCredentials<{ signingSecret?: unknown }>(CREDENTIAL_TYPE)).signingSecret;

	const keys = await signingKeys.get(cacheKey, readSecret, now);
	let verdict = verifySignature(body.bytes, headers, keys);
	if (!verdict.ok) {
		const newer = await signingKeys.getNewer(cacheKey, readSecret, now, keys);
		if (newer) verdict = verifySignature(body.bytes, headers, newer);
	}
	return judge(verdict, body.bytes);
}

function judge(verdict: ReturnType<typeof verifySignature>, bytes: Buffer): Verification {
	return verdict.ok
		? { ok: true, bytes, keyIndex: verdict.keyIndex, timestamp: verdict.timestamp }
		: { ok: false, status: 401, reason: verdict.reason };
}
