import type { ITriggerFunctions } from 'n8n-workflow';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import type { GatewayConnection, UserMessage } from '../../shared/gatewayConnection';
import { acceptedBody, describeFailure, refusalCode } from '../../shared/gatewayErrors';
import { callGateway } from '../../shared/gatewayRequest';
import type { GatewayOutcome, GatewayRequest, RequestContext } from '../../shared/gatewayRequest';
import { ownProperty } from '../../shared/parameterValues';
import { endpointPath } from '../setup/endpoint';

const TIMEOUT_MS = 10_000;
const REGISTRATION = { kind: 'registration' } as const;

/** One event as the gateway hands it out. */
export interface FetchedDelivery {
	readonly delivery: string;
	readonly attempt: number;
	/** The execution that an earlier attempt was started in. */
	readonly previousRun?: string;
	/** Unix seconds, as they are signed. */
	readonly timestamp: string;
	readonly signature: string;
	/** The exact text that is signed. */
	readonly body: string;
}

/** What became of a delivery. */
export interface Settlement {
	readonly delivery: string;
	readonly outcome: 'started' | 'done' | 'filtered' | 'failed' | 'released';
	/** Id of the execution. */
	readonly run?: string;
	readonly reason?: string;
	readonly durationMs?: number;
	/** Told by a worker, and not by the process that fetches. */
	readonly elsewhere?: true;
}

/** What a fetch asks for. */
export interface FetchRequest {
	readonly consumer: string;
	/** Earlier ids of the same listener, see {@link Listener}. */
	readonly replaces?: readonly string[];
	readonly max: number;
	readonly waitSeconds: number;
	readonly settled: readonly Settlement[];
}

/** What a fetch brings. */
export interface Fetched {
	readonly deliveries: readonly FetchedDelivery[];
	/** Deliveries of which a worker has told the end. */
	readonly ended: readonly string[];
}

/** Why the gateway did not do what it was asked for. */
export type Trouble =
	/** It does not know the endpoint. */
	| { readonly kind: 'unknown'; readonly text: UserMessage }
	/** Somebody else has its events. */
	| { readonly kind: 'taken'; readonly text: UserMessage }
	/** It has to be changed by somebody: the token, or what is registered. */
	| { readonly kind: 'refused'; readonly text: UserMessage }
	/** It may work later. */
	| { readonly kind: 'away'; readonly text: UserMessage };

export type Answer<Value> = { readonly kind: 'ok'; readonly value: Value } | Trouble;

/** The contexts from which the gateway is asked. */
export type FetchContext = RequestContext & Pick<ITriggerFunctions, 'getCredentials'>;

/** One endpoint of a gateway, as who fetches its events sees it. Nothing is thrown. */
export class EndpointClient {
	private connection: Promise<GatewayConnection | UserMessage> | undefined;

	constructor(
		private readonly context: FetchContext,
		readonly name: string,
	) {}

	/** Makes the endpoint, or brings it up to date. */
	async register(settings: Readonly<Record<string, unknown>>): Promise<Answer<void>> {
		return await this.ask({ method: 'PUT', path: endpointPath(this.name), body: settings }, () => {
			return undefined;
		});
	}

	/** Waits for events, at most `waitSeconds`. */
	async fetch(request: FetchRequest, signal: AbortSignal): Promise<Answer<Fetched>> {
		const timeoutMs = request.waitSeconds * 1000 + TIMEOUT_MS;
		const path = endpointPath(this.name, 'fetch');
		return await this.ask(
			{ method: 'POST', path, body: { ...request }, timeoutMs, signal },
			({ deliveries, ended }) => ({
				deliveries: Array.isArray(deliveries) ? deliveries.flatMap(readDelivery) : [],
				ended: Array.isArray(ended) ? ended.filter((one) => typeof one === 'string') : [],
			}),
		);
	}

	async settle(consumer: string, settled: readonly Settlement[]): Promise<Answer<void>> {
		const path = endpointPath(this.name, 'settle');
		return await this.ask({ method: 'POST', path, body: { consumer, settled } }, () => undefined);
	}

	async remove(): Promise<void> {
		await this.ask({ method: 'DELETE', path: endpointPath(this.name) }, () => undefined);
	}

	private async ask<Value>(
		request: Omit<GatewayRequest, 'body' | 'timeoutMs'> & {
			readonly body?: Readonly<Record<string, unknown>>;
			readonly timeoutMs?: number;
		},
		read: (body: Readonly<Record<string, unknown>>) => Value,
	): Promise<Answer<Value>> {
		const connection = await (this.connection ??= this.connect());
		if (!('baseUrl' in connection)) {
			this.connection = undefined;
			return { kind: 'refused', text: connection };
		}
		const { body, ...rest } = request;
		const outcome = await callGateway(this.context, connection, {
			timeoutMs: TIMEOUT_MS,
			...rest,
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const accepted = acceptedBody(outcome);
		if (accepted !== undefined) return { kind: 'ok', value: read(accepted) };
		const kind = kindOf(outcome);
		// The token may be changed in the meantime.
		if (kind === 'refused') this.connection = undefined;
		return { kind, text: describeFailure(outcome, REGISTRATION, connection) };
	}

	private async connect(): Promise<GatewayConnection | UserMessage> {
		try {
			const read = readConnection(await this.context.getCredentials(CREDENTIAL_NAME));
			return read.ok ? read.connection : read.reason;
		} catch (error) {
			return {
				message: 'The credential could not be read',
				description: error instanceof Error ? error.message : 'Check it, then publish again.',
			};
		}
	}
}

function kindOf(outcome: GatewayOutcome): Trouble['kind'] {
	if (outcome.kind === 'fault') return 'away';
	const code = refusalCode(outcome.body);
	if (code === 'unknown-endpoint') return 'unknown';
	if (code === 'another-consumer') return 'taken';
	const { status } = outcome;
	const isRefused = status === 401 || status === 403 || (code !== undefined && status < 500);
	return isRefused && status !== 429 ? 'refused' : 'away';
}

function readDelivery(value: unknown): readonly FetchedDelivery[] {
	const text = (name: string) => {
		const found = ownProperty(value, name);
		return typeof found === 'string' ? found : '';
	};
	const delivery = text('delivery');
	if (delivery === '') return [];
	const previousRun = text('previousRun');
	return [
		{
			delivery,
			attempt: Number(ownProperty(value, 'attempt')) || 1,
			...(previousRun === '' ? {} : { previousRun }),
			timestamp: text('timestamp'),
			signature: text('signature'),
			body: text('body'),
		},
	];
}
