import { signEvent } from '../../index';
import { isObject, textAt, tryParseJson } from '../../testbed/json';
import { readBody, startLocalServer } from '../../testbed/localServer';

/** One event as the gateway hands it out. */
type Frame = Readonly<Record<'delivery' | 'timestamp' | 'signature' | 'body', string>> &
	Readonly<Record<string, unknown>>;

/** Between n8n and the gateway: adds frames to what n8n fetches. */
export interface Tampering {
	readonly url: string;
	/** What n8n has got so far. */
	readonly counts: { readonly genuine: number; readonly forged: number; readonly replayed: number };
	stop(): Promise<void>;
}

const ANOTHER_SECRET = 'whsec_benchmark_of_somebody_else';
/** Numbers that the gateway has not come to. */
let lastNumber = 5_000_000;

const renamed = (frame: Frame): Frame => ({ ...frame, delivery: `dlv_${String(++lastNumber)}` });

/** What somebody makes who has seen a frame and does not know the secret. */
function forgeriesOf(frame: Frame): readonly Frame[] {
	const { body, timestamp, signature } = frame;
	const signedBy = (secret: string) => {
		const headers = signEvent({
			id: 'evt_forged',
			body,
			timestamp: Number(timestamp),
			secret,
		});
		return headers['X-OpenClaw-Signature'] ?? '';
	};
	const later = String(Number(timestamp) + 1);
	const changes: ReadonlyArray<Partial<Frame>> = [
		{ body: body.replace('"main"', '"maim"') },
		{ body: `${body} ` },
		{ signature: signedBy(ANOTHER_SECRET) },
		{ signature: signature.replace('sha256=', '') },
		{ signature: '' },
		{ signature: 'sha256=' },
		{ timestamp: later },
		{ timestamp: '' },
		{ body: body.replace(textAt(tryParseJson(body), 'id'), 'evt_of_somebody_else_000000000') },
	];
	return changes.map((change) => renamed({ ...frame, ...change }));
}

/** The frame once more: as it was, as another attempt, and as another delivery. */
function replaysOf(frame: Frame): readonly Frame[] {
	return [frame, { ...frame, attempt: 2 }, renamed(frame)];
}

/** Starts a proxy in front of a gateway that tampers with every event on its way. */
export async function startTampering(gatewayUrl: string): Promise<Tampering> {
	const counts = { genuine: 0, forged: 0, replayed: 0 };
	let recorded: Frame[] = [];
	const tamperWith = (frames: readonly Frame[]): readonly Frame[] => {
		const forged = frames.flatMap(forgeriesOf);
		// While they run, and in a later answer once more when they have ended.
		const replayed = [...frames, ...recorded].flatMap(replaysOf);
		recorded = [...frames];
		counts.genuine += frames.length;
		counts.forged += forged.length;
		counts.replayed += replayed.length;
		return [...forged, ...frames, ...replayed];
	};
	const server = await startLocalServer((request, response) => {
		const gone = new AbortController();
		response.once('close', () => {
			gone.abort();
		});
		const pass = async () => {
			const { authorization = '', 'content-type': type = '' } = request.headers;
			const body = await readBody(request);
			const answer = await fetch(`${gatewayUrl}${request.url ?? ''}`, {
				method: request.method ?? 'GET',
				headers: { authorization, ...(type === '' ? {} : { 'content-type': type }) },
				...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
				signal: gone.signal,
			});
			const json = tryParseJson(await answer.text());
			const deliveries = isObject(json) ? json.deliveries : undefined;
			const text = Array.isArray(deliveries)
				? JSON.stringify({ ...Object(json), deliveries: tamperWith(deliveries as Frame[]) })
				: JSON.stringify(json);
			response.writeHead(answer.status, { 'content-type': 'application/json' });
			response.end(text);
		};
		pass().catch(() => response.destroy());
	});
	return {
		url: server.url,
		counts,
		stop: async () => server.close(),
	};
}
