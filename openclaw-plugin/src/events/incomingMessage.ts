import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { AttachedFile } from '../outbox/attachments';
import {
	amountOf,
	fieldsOf,
	idOf,
	inner,
	isSet,
	listOf,
	textOf,
	valueOf,
	withoutUnknown,
} from './fields';
import type { Fields } from './fields';
import { chatTypeOf, messagePlace, parseAddress } from './place';
import type { Conversation, Place } from './place';

/** What `message_received` says: somebody has written. */
export interface ReceivedMessage {
	readonly place: Place;
	/** `data.message` of the event. */
	readonly message: Readonly<Record<string, unknown>>;
	/** Where what the message names in `attachments` is, in the same order. */
	readonly files: readonly AttachedFile[];
}

/** What may become of a message's time: between 1970 and the year 9999. */
const LATEST_MS = 253_402_300_799_000;
/** What the gateway adds to the name of a file that it keeps: `report---<uuid>.pdf`. */
const FILE_NAME = /^(.+)---[0-9a-f-]{36}(\.[^.]*)?$/i;

/** Reads the payload; what the gateway has put around the person's words is taken off. */
export function parseReceived(event: unknown, context: unknown): ReceivedMessage {
	const fields = fieldsOf(event);
	const metadata = inner(fields, 'metadata');
	const place = messagePlace(fields, fieldsOf(context));
	const sender = place.userId === undefined ? undefined : senderOf(place.userId, metadata);
	const media = mediaOf(fields);
	const location = locationOf(inner(fields, 'location'));
	return {
		place: { ...place, sender, conversation: conversationOf(fields, metadata, place) },
		message: withoutUnknown({
			role: 'user',
			content: writtenText(fields, place, media.length > 0),
			messageId: idOf(fields, 'messageId') ?? idOf(fieldsOf(context), 'messageId'),
			sentAt: sentAtOf(fields),
			replyTo: replyToOf(fields),
			attachments: media.length === 0 ? undefined : media.map(attachmentOf),
			location,
		}),
		files: media.map(fileOf),
	};
}

function senderOf(id: string, metadata: Fields) {
	return {
		id,
		name: textOf(metadata, 'senderName'),
		username: textOf(metadata, 'senderUsername'),
	};
}

function conversationOf(
	fields: Fields,
	metadata: Fields,
	{ conversation, channel, sessionKey, userId }: Place,
): Conversation | undefined {
	const from = idOf(fields, 'from');
	const source = parseAddress(from === '' ? undefined : from, channel);
	const chat = conversation ?? source;
	if (chat === undefined) return undefined;
	const type = chatTypeOf(sessionKey) ?? source?.type ?? chat.type;
	return {
		id: chat.id,
		// A chat whose id is the sender's has nobody else in it.
		type: type ?? (chat.id === userId ? 'direct' : undefined),
		name: textOf(metadata, 'channelName'),
		threadId: idOf(fields, 'threadId') ?? chat.threadId,
		threadName: textOf(metadata, 'topicName'),
	};
}

/**
 * The words themselves. Of a message without any, such as a photo, the gateway gives what it will show
 * the model: `[Telegram Ada id:777 Fri 2026-11-27 12:19:33 UTC] Ada: `; of a location its coordinates.
 */
function writtenText(fields: Fields, place: Place, hasMedia: boolean): string {
	const content = textOf(fields, 'content') ?? '';
	const location = inner(fields, 'location');
	if (isWrittenLocation(content, location)) return textOf(location, 'caption') ?? '';
	return hasMedia && isEnvelope(content, fields, place) ? '' : content;
}

function isEnvelope(content: string, fields: Fields, { channel, userId }: Place): boolean {
	const header = /^\[([^\]\n]*)\] /.exec(content)?.[1];
	if (header === undefined || channel === undefined) return false;
	const letters = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
	const name = textOf(inner(fields, 'metadata'), 'senderName');
	const isOfChannel = letters(header).startsWith(letters(channel));
	const namesChat = / id:\S/.test(header);
	return (
		isOfChannel &&
		(namesChat ||
			(name !== undefined && header.includes(name)) ||
			(userId !== undefined && header.includes(userId)))
	);
}

function isWrittenLocation(content: string, location: Fields): boolean {
	const latitude = valueOf(location, 'latitude');
	const longitude = valueOf(location, 'longitude');
	if (typeof latitude !== 'number' || typeof longitude !== 'number') return false;
	const isMarked = /^\p{Extended_Pictographic}/u.test(content);
	return isMarked && content.includes(`${latitude.toFixed(6)}, ${longitude.toFixed(6)}`);
}

/** When the person wrote; the hook of a message that had to wait for the agent comes much later. */
function sentAtOf(fields: Fields): string | undefined {
	const time =
		amountOf(inner(fields, 'providerUpdate'), 'messageTimestamp') ?? amountOf(fields, 'timestamp');
	return time === undefined || time === 0 || time > LATEST_MS
		? undefined
		: new Date(time).toISOString();
}

function replyToOf(fields: Fields): Readonly<Record<string, string>> | undefined {
	const messageId = idOf(fields, 'replyToIdFull', 'replyToId');
	if (messageId === undefined) return undefined;
	return withoutUnknown({
		messageId,
		content: textOf(fields, 'replyToBody'),
		sender: textOf(fields, 'replyToSender'),
	});
}

/** A file that was sent along. */
interface Media {
	readonly facts: Fields;
	/** Where it is on this machine. */
	readonly path: string | undefined;
}

/** What was sent along, in order; of files that are not here yet the channel's own facts. */
function mediaOf(fields: Fields): readonly Media[] {
	const here = listOf(fields, 'media').map(fieldsOf);
	if (here.length > 0) return here.map((facts) => ({ facts, path: textOf(facts, 'path') }));
	// Their paths are those of another machine.
	const elsewhere = listOf(fields, 'originalMedia').map(fieldsOf);
	return elsewhere.map((facts) => ({ facts, path: undefined }));
}

function attachmentOf({ facts, path }: Media, index: number): Readonly<Record<string, unknown>> {
	const contentType = textOf(facts, 'contentType');
	const general = contentType?.split('/', 1)[0] ?? '';
	const guess = ['image', 'audio', 'video'].includes(general) ? general : 'document';
	return withoutUnknown({
		index,
		kind: textOf(facts, 'kind') ?? guess,
		contentType,
		fileName: fileNameOf(path),
		sizeBytes: path === undefined ? undefined : sizeOf(path),
	});
}

function fileOf({ facts, path }: Media): AttachedFile {
	const contentType = textOf(facts, 'contentType');
	return withoutUnknown({ path, contentType, fileName: fileNameOf(path) });
}

function fileNameOf(path: string | undefined): string | undefined {
	const [, name, extension = ''] = (path && FILE_NAME.exec(basename(path))) || [];
	return name === undefined ? undefined : name + extension;
}

function sizeOf(path: string): number | undefined {
	try {
		const file = statSync(path, { throwIfNoEntry: false });
		return file?.isFile() === true ? file.size : undefined;
	} catch {
		return undefined;
	}
}

function locationOf(location: Fields): Readonly<Record<string, unknown>> | undefined {
	const latitude = valueOf(location, 'latitude');
	const longitude = valueOf(location, 'longitude');
	if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return undefined;
	return withoutUnknown({
		latitude,
		longitude,
		accuracy: amountOf(location, 'accuracy'),
		name: textOf(location, 'name'),
		address: textOf(location, 'address'),
		isLive: isSet(location, 'isLive') ? true : undefined,
	});
}
