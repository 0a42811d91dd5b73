import type { ServerResponse } from 'node:http';

/** Why a request is not served, as its sender is told. */
export interface Refusal {
	readonly status: number;
	/** One word or several with hyphens, for programs. */
	readonly code: string;
	/** What happened and how to go on, for people. Holds no secret. */
	readonly message: string;
	/** The key or header at fault, where it is a single one. */
	readonly path?: string;
	/** Or all of them. */
	readonly paths?: readonly string[];
	readonly headers?: Readonly<Record<string, string>>;
	/** What belongs into the answer beside the error. */
	readonly more?: Readonly<Record<string, unknown>>;
	/** What the gateway's owner reads instead of the message; never part of the answer. Holds no secret. */
	readonly logged?: string;
}

/** Something that worked, or the reason why it did not. */
export type Checked<Value> = { ok: true; value: Value } | { ok: false; refusal: Refusal };

/** Shorthand for the failed half of {@link Checked}. */
export function refuse(refusal: Refusal): { ok: false; refusal: Refusal } {
	return { ok: false, refusal };
}

/**
 * Answers with JSON that no cache keeps.
 *
 * @example
 * answerJson(response, 202, { ok: true, runId });
 */
export function answerJson(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: Readonly<Record<string, string>> = {},
): void {
	// Whoever asked may have gone already.
	if (response.headersSent || response.destroyed) return;
	const text = JSON.stringify(body);
	response.writeHead(status, {
		'Content-Type': 'application/json; charset=utf-8',
		'Content-Length': String(Buffer.byteLength(text)),
		'Cache-Control': 'no-store',
		'X-Content-Type-Options': 'nosniff',
		...headers,
	});
	response.end(text);
}

/** Answers 200 without a body: Slack shows its users what a command is answered. */
export function answerEmpty(response: ServerResponse): void {
	if (response.headersSent || response.destroyed) return;
	response.writeHead(200, { 'Content-Length': '0', 'Cache-Control': 'no-store' });
	response.end();
}

/** Answers `{ "ok": false, "error": { code, message, path?, paths? } }`, and `more` beside it. */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
	const { status, code, message, path, paths, headers, more } = refusal;
	const error = {
		code,
		message,
		...(path === undefined ? {} : { path }),
		...(paths === undefined ? {} : { paths }),
	};
	answerJson(response, status, { ok: false, ...more, error }, headers);
}

/** Refuses a method that a path does not have (RFC 9110, section 15.5.6). */
export function methodNotAllowed(allowed: readonly string[]): Refusal {
	const list = allowed.join(', ');
	return {
		status: 405,
		code: 'method-not-allowed',
		message: `This path takes ${list} only`,
		headers: { Allow: list },
	};
}
