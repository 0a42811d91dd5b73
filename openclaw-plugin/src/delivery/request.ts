/** One HTTP request to an endpoint. */
export interface DeliveryRequest {
	/** Whose connections are used: the endpoint's name. */
	readonly endpoint: string;
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** Milliseconds until the whole answer must have arrived. */
	readonly timeoutMs: number;
	/** Connections kept. */
	readonly concurrency: number;
	/** Whether the URL may lead into a private network. */
	readonly allowPrivateHosts: boolean;
	/** Ends the request when the dispatcher stops. */
	readonly signal?: AbortSignal | undefined;
}

/** What came of a request. */
export type DeliveryResponse =
	| {
			readonly kind: 'answered';
			readonly status: number;
			readonly durationMs: number;
			/** Beginning of the body, as text. */
			readonly body: string;
			readonly retryAfter?: string | undefined;
			readonly location?: string | undefined;
	  }
	| {
			readonly kind: 'unanswered';
			/** `blocked`: the address is not allowed; nothing was sent. `stopped`: the dispatcher ended it. */
			readonly reason: 'timeout' | 'network' | 'blocked' | 'stopped';
			/** For people: what happened. No secrets. */
			readonly message: string;
			readonly durationMs: number;
	  };

/** Makes a request; never rejects. */
export type SendRequest = (request: DeliveryRequest) => Promise<DeliveryResponse>;

/** Makes requests over connections that are kept. */
export interface HttpClient {
	readonly send: SendRequest;
	/** Closes all connections. */
	close(): void;
}
