import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';

/** The `node` program inside the folder of the Node.js package. */
export function nodeProgram(nodeFolder: string): string {
	return join(nodeFolder, 'bin', 'node');
}

/** Environment in which `npm`, n8n and OpenClaw run on the Node.js of the cache. */
export function runtimeEnvironment(
	nodeFolder: string,
	extra: Readonly<Record<string, string>> = {},
	pathFirst: readonly string[] = [],
): Record<string, string> {
	return childEnvironment(extra, [...pathFirst, join(nodeFolder, 'bin')]);
}
