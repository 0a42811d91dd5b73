import type { FunctionsBase } from 'n8n-workflow';

import { deriveSecret } from '../../../protocol/secret';

/** Query parameter by which a callback says which message it is about; n8n's signature covers it. */
export const MESSAGE_PARAMETER = 'message';

/** Where the gateway is to post the result of a message, and what it is to sign that with. */
export interface CallbackAddress {
	readonly url: string;
	readonly secret: string;
}

/**
 * Makes the address that resumes this execution.
 *
 * The URL alone would be a bearer secret that stands in logs and proxies, so the callback is signed as
 * well. Its secret is made from n8n's signature of another URL, which is never sent anywhere: nothing has
 * to be stored for it, and every process of the same n8n makes the same one.
 *
 * @param messageKey the message's idempotency key
 * @throws Error when the execution has no id yet
 * @example
 * callbackAddress(this, key).secret; // 'whsec_…'
 */
export function callbackAddress(context: FunctionsBase, messageKey: string): CallbackAddress {
	requireSignature(context);
	const url = context.getSignedResumeUrl({ [MESSAGE_PARAMETER]: messageKey });
	return { url, secret: callbackSecret(context, messageKey) };
}

/** n8n 1.x and 2.0 check the signature of such a URL only where the node asks for it; later ones always do. */
function requireSignature(context: FunctionsBase): void {
	const older = context as FunctionsBase & { setSignatureValidationRequired?(): void };
	older.setSignatureValidationRequired?.();
}

/** The secret alone, to verify a callback with. */
export function callbackSecret(context: FunctionsBase, messageKey: string): string {
	const unsent = context.getSignedResumeUrl({
		[MESSAGE_PARAMETER]: messageKey,
		purpose: 'callback-secret',
	});
	const signature = new URL(unsent).searchParams.get('signature') ?? '';
	// Without a signature the secret would be known to everybody.
	if (signature === '') throw new Error('This n8n does not sign the URLs that resume executions');
	return deriveSecret(signature, 'OpenClaw callback');
}
