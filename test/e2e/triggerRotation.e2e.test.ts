import { createEventId } from '../../index';
import { capturedEvent } from '../../testbed/capturedEvents';
import { CREDENTIAL_TYPE } from '../../testbed/n8n/openclawNodes';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { environment } from './support/environment';
import { newSecret, publishTrigger } from './support/triggerWorkflow';

const { n8n } = environment();
/** How long a secret that was removed may still be accepted. */
const REFUSED_WITHIN_MS = 10_000;

test('a secret can be changed while events come in', async () => {
	const hook = await publishTrigger(n8n);
	const oldSecret = hook.secret;
	const secret = newSecret();
	const setSecret = async (signingSecret: string) =>
		n8n.updateCredential(
			hook.credential,
			CREDENTIAL_TYPE,
			credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret }),
		);
	const send = async (signedWith: string | readonly string[]) => {
		const event = { ...capturedEvent('message.sent'), id: createEventId() };
		return (await hook.send({ event, secret: signedWith })).status;
	};

	expect(await send(oldSecret)).toBe(200);
	expect(await send(secret)).toBe(401);

	await setSecret(`${secret} ${oldSecret}`);
	const meanwhile: number[] = [];
	await waitFor(
		'the new secret to be accepted',
		async () => {
			meanwhile.push(await send(oldSecret));
			return (await send(secret)) === 200;
		},
		{ timeoutMs: REFUSED_WITHIN_MS },
	);
	for (let count = 0; count < 5; count += 1) {
		expect(await send(oldSecret)).toBe(200);
		expect(await send(secret)).toBe(200);
		expect(await send([oldSecret, secret])).toBe(200);
	}

	await setSecret(secret);
	await waitFor(
		'the old secret to be refused',
		async () => {
			meanwhile.push(await send(secret));
			return (await send(oldSecret)) === 401;
		},
		{ timeoutMs: REFUSED_WITHIN_MS },
	);
	expect(new Set(meanwhile)).toEqual(new Set([200]));
	expect(await send(oldSecret)).toBe(401);
	// A sender in the middle of its own change signs with both.
	expect(await send([oldSecret, secret])).toBe(200);
});
