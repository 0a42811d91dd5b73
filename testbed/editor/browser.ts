import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/**
 * Starts a headless Chromium.
 *
 * @param program its name in `PATH`, or its path
 * @throws Error when there is no such program
 * @example
 * const browser = await launchChromium('chromium');
 */
export async function launchChromium(program: string): Promise<Browser> {
	return await chromium.launch({ executablePath: locate(program), headless: true, args: FLAGS });
}

function locate(program: string): string {
	const folders = (process.env.PATH ?? '').split(delimiter);
	const found = [program, ...folders.map((folder) => join(folder, program))].find((file) =>
		existsSync(file),
	);
	if (found === undefined) throw new Error(`There is no program '${program}'`);
	return found;
}
