import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURES = /^sha256=[0-9a-f]{64}(?:,sha256=[0-9a-f]{64}){0,4}$/;

/** Whether a request is genuine: `body` holds the bytes as received, header names are lower-case. */
export function verify(headers, body, secret, toleranceSeconds = 300) {
	const timestamp = headers['x-openclaw-timestamp'] ?? '';
	const signatures = headers['x-openclaw-signature'] ?? '';
	if (!/^\d{1,11}$/.test(timestamp) || !SIGNATURES.test(signatures) || secret === '') return false;
	if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
	const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
	return signatures.split(',').some((signature) => {
		return timingSafeEqual(Buffer.from(signature.slice(7), 'hex'), expected);
	});
}
