import { isObject } from '../protocol';
import { asText, optional } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import { hasId } from '../store/schema';

/** A file that came with an event's message. */
export interface AttachedFile {
	/** Where the gateway keeps it; absent while it has not been fetched. Never leaves the gateway. */
	readonly path?: string;
	readonly contentType?: string;
	readonly fileName?: string;
}

/** By their places; undefined where nobody is to see one. */
export type AttachedFiles = readonly (AttachedFile | undefined)[];

/** Which files came with an event. Everything throws what the database throws. */
export interface AttachmentTable {
	/** Adds the files of an event, in the order in which the event names them. */
	add(eventSeq: number | bigint, files: AttachedFiles): void;
	/** All of an event. */
	list(eventSeq: number | bigint): AttachedFiles;
	/** Forgets all of an event. */
	forget(eventSeq: number | bigint): void;
	/** @param index from 0 */
	find(eventId: string, index: number): FoundFile;
}

export type FoundFile =
	| { readonly kind: 'found'; readonly file: AttachedFile }
	| { readonly kind: 'unknown-event' | 'unknown-attachment' };

/**
 * Prepares the statements. The files are deleted from the table with their event; what lies on the disk
 * belongs to the gateway.
 *
 * @example
 * openAttachmentTable(database).find('evt_…', 0); // { kind: 'found', file: { path: '/…', … } }
 */
export function openAttachmentTable(database: Database): AttachmentTable {
	const insert = database.prepare(
		`INSERT INTO attachments (event_seq, place, path, content_type, file_name)
		VALUES (?, ?, ?, ?, ?)`,
	);
	const list = database.prepare('SELECT * FROM attachments WHERE event_seq = ? ORDER BY place');
	const forget = database.prepare('DELETE FROM attachments WHERE event_seq = ?');
	const find = database.prepare(
		`SELECT a.event_seq, a.path, a.content_type, a.file_name
		FROM events e LEFT JOIN attachments a ON a.event_seq = e.seq AND a.place = ?
		WHERE ${hasId('= ?')}`,
	);
	return {
		add: (eventSeq, files) => {
			for (const [place, file] of files.entries()) {
				if (file === undefined) continue;
				const { path, contentType, fileName } = file;
				insert.run(eventSeq, place, path ?? null, contentType ?? null, fileName ?? null);
			}
		},
		list: (eventSeq) => {
			const files: (AttachedFile | undefined)[] = [];
			for (const row of list.all(eventSeq)) {
				while (files.length < Number(row.place)) files.push(undefined);
				files.push(readFile(row));
			}
			return files;
		},
		forget: (eventSeq) => {
			forget.run(eventSeq);
		},
		find: (eventId, index) => {
			const row = find.get(index, eventId);
			if (row === undefined) return { kind: 'unknown-event' };
			if (row.event_seq === null) return { kind: 'unknown-attachment' };
			return { kind: 'found', file: readFile(row) };
		},
	};
}

function readFile(row: Row): AttachedFile {
	return {
		...optional('path', asText(row.path)),
		...optional('contentType', asText(row.content_type)),
		...optional('fileName', asText(row.file_name)),
	};
}

/**
 * What an event still says of its files after a part of it was hidden.
 *
 * @param body the event as JSON
 */
export function shownFiles(body: string, files: AttachedFiles): AttachedFiles {
	const event: unknown = JSON.parse(body);
	const data = isObject(event) ? event.data : undefined;
	const message = isObject(data) ? data.message : undefined;
	const named: unknown = isObject(message) ? message.attachments : undefined;
	const shown: readonly unknown[] = Array.isArray(named) ? named : [];
	return files.map((file, place) => {
		const told = shown[place];
		if (file === undefined || !isObject(told)) return undefined;
		const { path, contentType, fileName } = file;
		return {
			...optional('path', path),
			...(told.contentType === contentType ? optional('contentType', contentType) : {}),
			...(told.fileName === fileName ? optional('fileName', fileName) : {}),
		};
	});
}
