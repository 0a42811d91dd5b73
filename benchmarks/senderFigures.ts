/** What is called: `bare…` are servers that do nothing but read and answer, to take off what Node.js itself costs. */
export type SenderVariant =
	| 'bareAccepted'
	| 'bareRefused'
	| 'github'
	| 'standardWebhooks'
	| 'forged'
	| 'unsigned';

/** What one run of `senderProgram.ts` measures. */
export interface SenderFigures {
	/** CPU time of the thread that serves, for one call. */
	readonly cpuMicroseconds: number;
}
