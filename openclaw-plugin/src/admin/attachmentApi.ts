import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { answerRefusal, methodNotAllowed, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { openAttachmentTable } from '../outbox/attachments';
import type { AttachedFile } from '../outbox/attachments';
import type { Database } from '../store/databaseAccess';
import { openKeptFile } from './keptFile';
import type { KeptFile } from './keptFile';

export interface AttachmentApiParts {
	readonly database: Database;
	/** Where the gateway keeps what it receives; nothing outside is ever read. */
	readonly mediaFolders: readonly string[];
}

const MEGABYTE = 1_048_576;
/** Of a file that is handed out, unless less is asked for. */
const MAX_BYTES = 100 * MEGABYTE;
/** A receiver that takes nothing for so long has gone. */
const IDLE_MS = 60_000;

/** What a request asks for. */
interface Wanted {
	readonly file: AttachedFile;
	readonly index: number;
	readonly maxBytes: number;
}

/** Whether a path below the API is one of an event's files. */
export function isAttachmentPath([resource, , what]: readonly string[]): boolean {
	return resource === 'events' && what === 'attachments';
}

/**
 * Answers `GET /events/{id}/attachments/{index}?maxBytes=` with the bytes of a file that came with an event,
 * as long as the gateway has it. The request has been let in by a token with the scope `events`. It names no
 * path: the file is the one that the gateway told of when the event happened.
 *
 * @throws what the database throws, or Error when the file cannot be read
 */
export async function answerAttachment(
	request: IncomingMessage,
	response: ServerResponse,
	segments: readonly string[],
	query: URLSearchParams,
	{ database, mediaFolders }: AttachmentApiParts,
): Promise<void> {
	if (request.method !== 'GET') {
		answerRefusal(response, methodNotAllowed(['GET']));
		return;
	}
	const wanted = findFile(database, segments, query);
	if (!wanted.ok) {
		answerRefusal(response, wanted.refusal);
		return;
	}
	const { path } = wanted.value.file;
	if (path === undefined) {
		answerRefusal(response, NOT_FETCHED);
		return;
	}
	let kept: KeptFile | undefined;
	try {
		kept = await openKeptFile(mediaFolders, path);
		if (kept === undefined) answerRefusal(response, GONE);
		else await send(response, kept, wanted.value);
	} catch (error) {
		if (response.headersSent) response.destroy();
		else answerRefusal(response, UNREADABLE);
		throw error;
	} finally {
		await kept?.close();
	}
}

function findFile(
	database: Database,
	[, eventId = '', , place = '', ...deeper]: readonly string[],
	query: URLSearchParams,
): Checked<Wanted> {
	const limit = query.get('maxBytes') ?? String(MAX_BYTES);
	if (!/^[1-9]\d{0,14}$/.test(limit)) return refuse(INVALID_LIMIT);
	const isPlace = /^\d{1,6}$/.test(place) && deeper.length === 0;
	const found = openAttachmentTable(database).find(eventId, isPlace ? Number(place) : -1);
	if (found.kind !== 'found') return refuse(UNKNOWN[found.kind]);
	const maxBytes = Math.min(Number(limit), MAX_BYTES);
	return { ok: true, value: { file: found.file, index: Number(place), maxBytes } };
}

/** Sends what fits, piece by piece: agents of the process go on meanwhile, and little of it is in memory. */
async function send(
	response: ServerResponse,
	kept: KeptFile,
	{ file, index, maxBytes }: Wanted,
): Promise<void> {
	const { size } = kept;
	if (size > maxBytes) {
		answerRefusal(response, tooLarge(size, maxBytes));
		return;
	}
	// Whoever asked may have gone already.
	if (response.destroyed) return;
	response.setTimeout(IDLE_MS, () => response.destroy());
	response.writeHead(200, {
		'Content-Type': contentTypeOf(file),
		'Content-Length': String(size),
		'Content-Disposition': dispositionOf(file.fileName ?? `attachment_${String(index)}`),
		'Cache-Control': 'no-store',
		'X-Content-Type-Options': 'nosniff',
		'Content-Security-Policy': "default-src 'none'; sandbox",
	});
	try {
		await pipeline(kept.read(), response);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
	}
}

/** What stands in the event, where it has the form of a media type (RFC 9110, section 8.3.1). */
function contentTypeOf({ contentType = '' }: AttachedFile): string {
	const isType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *; *[\x20-\x7e]+)?$/.test(contentType);
	return isType ? contentType : 'application/octet-stream';
}

const MAX_NAME_LENGTH = 150;

/** The name for programs of every age (RFC 6266, appendix D): no path, no quotes, nothing invisible. */
function dispositionOf(fileName: string): string {
	const name = fileName
		.toWellFormed()
		.replace(/[\\/:*?"<>|\p{C}]/gu, '_')
		.slice(-MAX_NAME_LENGTH)
		.toWellFormed();
	const plain = name.replace(/[^\x20-\x7e]|%/g, '_');
	const encoded = encodeURIComponent(name).replace(
		/['()*]/g,
		(sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

const INVALID_LIMIT: Refusal = {
	status: 400,
	code: 'invalid-query',
	message: "'maxBytes' must be a whole number from 1",
	path: 'maxBytes',
};

const UNKNOWN: Readonly<Record<'unknown-event' | 'unknown-attachment', Refusal>> = {
	'unknown-event': {
		status: 404,
		code: 'unknown-event',
		message:
			'The gateway knows no such event (any more): it forgets events some days after their delivery (outbox.retentionDays)',
	},
	'unknown-attachment': {
		status: 404,
		code: 'unknown-attachment',
		message: "The event has no such attachment: the numbers are those in its 'attachments', from 0",
	},
};

const NOT_FETCHED: Refusal = {
	status: 410,
	code: 'attachment-gone',
	message: 'The gateway had not stored the file when it told of the message',
};

const GONE: Refusal = {
	status: 410,
	code: 'attachment-gone',
	message: 'The gateway does not have the file any more',
};

const UNREADABLE: Refusal = {
	status: 503,
	code: 'attachment-unreadable',
	message: 'The gateway could not read the file now: its log says why',
	headers: { 'Retry-After': '5' },
};

function tooLarge(size: number, limit: number): Refusal {
	const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1);
	return {
		status: 413,
		code: 'attachment-too-large',
		message: `The file has ${megabytes(size)} MB, and at most ${megabytes(limit)} MB were asked for or are allowed`,
	};
}
