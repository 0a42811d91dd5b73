import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SECRETS_FILE } from './evidence';
import { findSecrets, type Finding } from './findSecrets';

/** A secret in a file. */
export interface PlacedFinding extends Finding {
	/** File, and table and row of a database. */
	readonly place: string;
}

/** What was searched, and what was found. */
export interface Search {
	readonly findings: readonly PlacedFinding[];
	/** Names of the files that were searched. */
	readonly files: readonly string[];
	/** How many rows of execution tables were searched. */
	readonly executionRows: number;
}

/** Tables of n8n with what executions were given, did and put out. */
const EXECUTION_TABLE = /^execution_/;

/**
 * Searches all logs (`*.log`, `*.txt`) below a folder, and the execution data in n8n's SQLite databases.
 * n8n may be running.
 *
 * @param known see `findSecrets`
 */
export function searchFolder(folder: string, known: readonly string[]): Search {
	const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => /\.(log|txt|sqlite)$/.test(name) && !name.includes('node_modules'))
		.filter((name) => name !== SECRETS_FILE);
	const findings: PlacedFinding[] = [];
	let executionRows = 0;
	const note = (place: string, text: string) => {
		findings.push(...findSecrets(text, known).map((finding) => ({ ...finding, place })));
	};
	for (const name of files) {
		const file = join(folder, name);
		if (name.endsWith('.sqlite')) {
			for (const { place, text } of executionTexts(file)) {
				executionRows += 1;
				note(`${name} ${place}`, text);
			}
		} else {
			for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
				note(`${name}:${String(index + 1)}`, line);
			}
		}
	}
	return { findings, files: files.map((name) => relative('.', name)), executionRows };
}

function* executionTexts(file: string): Generator<{ place: string; text: string }> {
	// A running n8n lets nobody else open it, so a copy with its write-ahead log is read.
	const copies = mkdtempSync(join(tmpdir(), 'openclaw-webhooks-search-'));
	const copy = join(copies, 'database.sqlite');
	copyFileSync(file, copy);
	if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
	const database = new DatabaseSync(copy);
	try {
		const tables = database
			.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
			.all()
			.map(({ name }) => String(name))
			.filter((name) => EXECUTION_TABLE.test(name));
		for (const table of tables) {
			const rows = database.prepare(`SELECT rowid AS row_number, * FROM ${table}`);
			for (const row of rows.iterate()) {
				const text = Object.values(row).map(String).join('\n');
				yield { place: `${table} ${String(row.row_number)}`, text };
			}
		}
	} finally {
		database.close();
		rmSync(copies, { recursive: true });
	}
}
