import { isObject } from '../../../../protocol/jsonObject';
import { SECRET, tryReceiver, type Received } from '../../../conformance/support/receiver';
import { coreRequest, installDeduplicator, type CoreRequest } from '../../../support/coreHarness';
import { open, TRIGGER } from '../support/triggerHarness';

beforeAll(async () => {
	await installDeduplicator();
});

/** As n8n hands it over; undefined for what it does not read itself. */
function requestOf({ headers, body }: Received): CoreRequest | undefined {
	try {
		return coreRequest(body, headers, headers['content-type']);
	} catch {
		return undefined;
	}
}

test('OpenClaw Trigger conforms, and knows replays', async () => {
	const { harness } = open({ secret: SECRET });
	const results = await tryReceiver(
		async (received) => {
			if (received.method !== 'POST') return 404;
			const request = requestOf(received);
			if (request === undefined) return 422;
			const { status, body } = await harness.receive(TRIGGER, request);
			return { status, json: isObject(body) ? body : {} };
		},
		{ deduplicates: true },
	);
	expect(results.filter(({ verdict }) => verdict !== 'right' && verdict !== 'told')).toEqual([]);
	expect(results.filter(({ verdict }) => verdict === 'right').length).toBeGreaterThan(40);
}, 60_000);
