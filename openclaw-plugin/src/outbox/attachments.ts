import { asText, optional } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';

/** A file that came with an event's message. */
export interface AttachedFile {
	/** Where the gateway keeps it; absent while it has not been fetched. Never leaves the gateway. */
	readonly path?: string;
	readonly contentType?: string;
	readonly fileName?: string;
}

/** Which files came with an event. Everything throws what the database throws. */
export interface AttachmentTable {
	/** Adds the files of an event, in the order in which the event names them. */
	add(eventSeq: number | bigint, files: readonly AttachedFile[]): void;
	/** Gives an event the files of another one. */
	copy(fromSeq: number | bigint, toSeq: number | bigint): void;
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
	const copy = database.prepare(
		`INSERT INTO attachments (event_seq, place, path, content_type, file_name)
		SELECT ?, place, path, content_type, file_name FROM attachments WHERE event_seq = ?`,
	);
	const find = database.prepare(
		`SELECT a.event_seq, a.path, a.content_type, a.file_name
		FROM events e LEFT JOIN attachments a ON a.event_seq = e.seq AND a.place = ? WHERE e.id = ?`,
	);
	return {
		add: (eventSeq, files) => {
			for (const [place, { path, contentType, fileName }] of files.entries()) {
				insert.run(eventSeq, place, path ?? null, contentType ?? null, fileName ?? null);
			}
		},
		copy: (fromSeq, toSeq) => {
			copy.run(toSeq, fromSeq);
		},
		find: (eventId, index) => {
			const row = find.get(index, eventId);
			if (row === undefined) return { kind: 'unknown-event' };
			if (row.event_seq === null) return { kind: 'unknown-attachment' };
			const file = {
				...optional('path', asText(row.path)),
				...optional('contentType', asText(row.content_type)),
				...optional('fileName', asText(row.file_name)),
			};
			return { kind: 'found', file };
		},
	};
}
