import type { IncomingMessage } from 'node:http';

/** What a request is about, from its request line. */
export interface RequestTarget {
	/** Decoded names below the base path; none for the base path itself. */
	readonly segments: readonly string[];
	readonly query: URLSearchParams;
}

/**
 * Splits the URL of a request below a base path.
 *
 * @returns undefined for another path
 * @example
 * readTarget(request, '/webhooks/inbound'); // for …/deploy?wait=30: ['deploy'] and wait
 */
export function readTarget(request: IncomingMessage, basePath: string): RequestTarget | undefined {
	const url = request.url ?? '';
	const mark = url.indexOf('?');
	const path = mark < 0 ? url : url.slice(0, mark);
	if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined;
	const rest = path.slice(basePath.length).replace(/^\//, '').replace(/\/$/, '');
	return {
		segments: rest === '' ? [] : rest.split('/').map(decode),
		query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
	};
}

/** What cannot be decoded is nothing's name, and stays as it is. */
function decode(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}
