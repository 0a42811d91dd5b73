import { parseArgs } from 'node:util';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signatureHeaders';
import { failureText } from './sendEvent';

export const USAGE = `Usage:
  openclaw-webhooks-conformance <url> --secret <secret>          tries a receiver
  openclaw-webhooks-conformance --sink <port> --secret <secret>  judges a sender

  --secret <secret>      what is signed with; also in OPENCLAW_SECRET
  --tolerance <seconds>  how far a timestamp may be off (${DEFAULT_TOLERANCE_SECONDS})
  --json                 results as JSON

For a receiver:
  --only <name>          only cases with this in their name; may be given several times
  --deduplicates         judge replays: to be refused, or answered {"status":"duplicate"}
  --timeout <seconds>    how long an answer may take (30)

For a sender:
  --host <address>       where to listen (127.0.0.1)
  --count <n>            end after so many requests; otherwise by Ctrl-C
  --answer <statuses>    what the first, second, … request of an event is answered, such as 503,200

Exit code: 0 conforms, 1 does not, 2 wrong usage`;

/** What somebody has asked for. */
export type Command =
	| { readonly kind: 'help' }
	| { readonly kind: 'wrong'; readonly message: string }
	| (Common & {
			readonly kind: 'receiver';
			readonly url: string;
			readonly only: readonly string[];
			readonly deduplicates: boolean;
			readonly timeoutMs: number;
	  })
	| (Common & {
			readonly kind: 'sender';
			readonly host: string;
			readonly port: number;
			readonly count?: number;
			readonly statuses: readonly number[];
	  });

interface Common {
	readonly secret: string;
	readonly toleranceSeconds: number;
	readonly json: boolean;
}

/** What is wrong with the arguments, without the secret. */
class UsageError extends Error {}

function read(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				secret: { type: 'string' },
				tolerance: { type: 'string', default: String(DEFAULT_TOLERANCE_SECONDS) },
				json: { type: 'boolean', default: false },
				only: { type: 'string', multiple: true, default: [] },
				deduplicates: { type: 'boolean', default: false },
				timeout: { type: 'string', default: '30' },
				sink: { type: 'string' },
				host: { type: 'string', default: '127.0.0.1' },
				count: { type: 'string' },
				answer: { type: 'string', default: '200' },
				help: { type: 'boolean', short: 'h', default: false },
			},
		});
	} catch (error) {
		throw new UsageError(failureText(error));
	}
}

function whole(name: string, text: string, least: number, most: number): number {
	const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
	if (value >= least && value <= most) return value;
	throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`);
}

function httpUrl(text: string): string {
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
	throw new UsageError('The receiver must be a URL that starts with http:// or https://');
}

function readCommand(args: readonly string[], environmentSecret: string): Command {
	const { values, positionals } = read(args);
	if (values.help) return { kind: 'help' };
	const secret = values.secret ?? environmentSecret;
	if (secret.trim() === '') throw new UsageError('--secret is missing');
	const toleranceSeconds = whole('tolerance', values.tolerance, 1, 1_000_000);
	const common = { secret, toleranceSeconds, json: values.json };
	const [url, ...more] = positionals;
	if (values.sink !== undefined) {
		if (url !== undefined) throw new UsageError('Give a URL or --sink, not both');
		const { count } = values;
		return {
			kind: 'sender',
			...common,
			host: values.host,
			port: whole('sink', values.sink, 0, 65_535),
			...(count === undefined ? {} : { count: whole('count', count, 1, 1_000_000) }),
			statuses: values.answer.split(',').map((text) => whole('answer', text.trim(), 200, 599)),
		};
	}
	if (url === undefined) throw new UsageError('The URL of the receiver, or --sink, is missing');
	if (more.length > 0) throw new UsageError('Give one URL only');
	return {
		kind: 'receiver',
		...common,
		url: httpUrl(url),
		only: values.only,
		deduplicates: values.deduplicates,
		timeoutMs: whole('timeout', values.timeout, 1, 3_600) * 1000,
	};
}

/**
 * Reads the arguments of the command line.
 *
 * @param environmentSecret the secret where no argument has it; empty where there is none
 * @returns what to do, or what is wrong; never throws
 */
export function parseCommand(args: readonly string[], environmentSecret: string): Command {
	try {
		return readCommand(args, environmentSecret);
	} catch (error) {
		if (error instanceof UsageError) return { kind: 'wrong', message: error.message };
		throw error;
	}
}
