import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReceived } from '../../../openclaw-plugin/src/events/incomingMessage';
import type { JsonObject } from '../../../testbed/json';
import { recording } from './support/recordings';

/** What a real gateway has told of a message. */
const received = (scenario: string) => {
	const call = recording(scenario).find(({ hook }) => hook === 'message_received');
	if (call === undefined) throw new Error(`No message was received in '${scenario}'`);
	return parseReceived(call.event, call.context);
};
const parse = (event: JsonObject, context: JsonObject = {}) =>
	parseReceived(
		{ from: 'telegram:777', senderId: '777', ...event },
		{ channelId: 'telegram', conversationId: 'telegram:777', ...context },
	);

describe('the words', () => {
	it.each([
		['telegram: a photo', ''],
		['telegram: a photo in a group', ''],
		['telegram: a file in reply to a message', ''],
		['telegram: a place', ''],
		['telegram: a photo with a caption', 'look'],
		['telegram: a reply to a message', 'a reply'],
	])('are what the person wrote: %s', (scenario, content) => {
		expect(received(scenario).message.content).toBe(content);
	});

	it.each([
		'[Telegram Ada id:777 Fri 2026-11-27 12:19:33 UTC] Ada: ',
		'[Slack Ada id:777] Ada: ',
		'[important] look at this',
	])('stay when they only look as if the gateway had put them around: %s', (content) => {
		expect(parse({ content }).message.content).toBe(content);
	});

	it('stay beside a picture', () => {
		const media = [{ contentType: 'image/png' }];
		for (const content of ['[Telegram] hello', '[Slack Ada id:777] Ada: ', 'Telegram']) {
			expect(parse({ content, media }).message.content).toBe(content);
		}
	});

	it('are those below a place', () => {
		const location = { latitude: 1, longitude: 2, caption: 'here' };
		const content = '📍 Home (1.000000, 2.000000)';

		expect(parse({ content, location }).message.content).toBe('here');
		expect(parse({ content: 'I am at 1.000000, 2.000000', location }).message.content).toBe(
			'I am at 1.000000, 2.000000',
		);
	});
});

describe('what comes with them', () => {
	it('has no paths and no addresses', () => {
		for (const scenario of ['telegram: a photo', 'telegram: a file in reply to a message']) {
			const { message, place: origin } = received(scenario);
			expect(JSON.stringify({ message, origin })).not.toMatch(/gateway|\/media|inbound/);
		}
	});

	it('is remembered with the place where the gateway keeps it', () => {
		expect(received('telegram: a file in reply to a message').files).toEqual([
			{
				path: expect.stringMatching(
					/^\/home\/gateway\/state\/media\/inbound\/report---.*\.pdf$/,
				) as string,
				contentType: 'application/pdf',
				fileName: 'report.pdf',
			},
		]);
		expect(parse({ content: 'no file' }).files).toEqual([]);
	});

	it('is a file by its own name, kind and type', () => {
		expect(received('telegram: a file in reply to a message').message.attachments).toEqual([
			{ index: 0, kind: 'document', contentType: 'application/pdf', fileName: 'report.pdf' },
		]);
	});

	it('has a size while the file is there', () => {
		const folder = mkdtempSync(join(tmpdir(), 'attachment-'));
		const path = join(folder, 'photo.jpg');
		writeFileSync(path, '12345');
		const media = [{ path, kind: 'image' }, { path: join(folder, 'gone') }, { path: folder }];

		expect(parse({ media }).message.attachments).toEqual([
			{ index: 0, kind: 'image', sizeBytes: 5 },
			{ index: 1, kind: 'document' },
			{ index: 2, kind: 'document' },
		]);
		rmSync(folder, { recursive: true });
	});

	it('is there although the gateway has not fetched the file yet', () => {
		const originalMedia = [
			{
				url: 'https://files.example/bot-token/1',
				path: '/etc/hostname',
				contentType: 'audio/ogg',
			},
		];

		const { message, files } = parse({ mediaStagingPending: true, originalMedia });
		expect(message.attachments).toEqual([{ index: 0, kind: 'audio', contentType: 'audio/ogg' }]);
		expect(files).toEqual([{ contentType: 'audio/ogg' }]);
	});

	it('is the message that it answers', () => {
		expect(received('telegram: a reply to a message').message.replyTo).toEqual({
			messageId: '9001',
			content: 'the original words',
			sender: 'Testbed (you)',
		});
	});

	it('is a place', () => {
		expect(received('telegram: a place').message.location).toEqual({
			latitude: 48.2,
			longitude: 16.37,
		});
	});

	it.each([
		[{ timestamp: 1_795_790_000_000 }, '2026-11-27T14:33:20.000Z'],
		[
			{ timestamp: 1, providerUpdate: { messageTimestamp: 1_795_790_000_000 } },
			'2026-11-27T14:33:20.000Z',
		],
		[{ timestamp: 1e300 }, undefined],
		[{ timestamp: 0 }, undefined],
		[{}, undefined],
	])('is when the person wrote: %j', (fields, sentAt) => {
		expect(parse(fields).message.sentAt).toBe(sentAt);
	});
});

describe('where it was written', () => {
	it.each([
		['telegram:777', {}, { id: '777', type: 'direct' }],
		['telegram:-100', { from: 'telegram:group:-100' }, { id: '-100', type: 'group' }],
		[
			'telegram:-100:topic:11',
			{ from: 'telegram:group:-100:topic:11', threadId: 11 },
			{ id: '-100', type: 'group', threadId: '11' },
		],
		[
			'channel:C1',
			{ from: 'slack:channel:C1', threadId: '17.5', metadata: { channelName: 'ops' } },
			{ id: 'C1', type: 'channel', threadId: '17.5', name: 'ops' },
		],
		['user:U1', { from: 'slack:U1' }, { id: 'U1', type: 'direct' }],
		['agent:main:main', { from: '' }, undefined],
	])('%s', (conversationId, event, conversation) => {
		const channelId =
			conversationId.includes(':C') || conversationId.includes(':U') ? 'slack' : 'telegram';
		const { place: origin } = parse(event, { channelId, conversationId });

		expect(origin.conversation).toEqual(conversation);
	});

	it('is by somebody with a name', () => {
		expect(received('telegram: a photo').place.sender).toEqual({
			id: '777',
			name: 'Ada',
			username: 'user_777',
		});
	});
});
