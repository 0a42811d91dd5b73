/** One round of requests for the load generator. */
export interface LoadOrder {
	readonly url: string;
	readonly count: number;
	/** Requests on their way at the same time, each on its own kept connection. */
	readonly concurrency: number;
	/** Secret to sign with; a wrong one makes forged requests. */
	readonly secret: string;
	/** Size of each body in bytes. */
	readonly bodyBytes: number;
	/** The status that each answer must have. */
	readonly expectedStatus: number;
	/** Headers besides those of an event. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** What a round showed. */
export interface LoadResult {
	/** Milliseconds from the first request to the last answer. */
	readonly wallMs: number;
	/** Milliseconds of each request. */
	readonly latenciesMs: readonly number[];
}

export type LoadAnswer = { ok: true; result: LoadResult } | { ok: false; message: string };

/** What the stand-in for a gateway has got. */
export interface StandInCount {
	readonly requests: number;
	readonly differentMessages: number;
}

export type StandInMessage =
	| { kind: 'ready'; url: string }
	| { kind: 'count'; count: StandInCount };
