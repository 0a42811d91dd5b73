import { formatEndpointId } from '../endpoints/endpoint';
import type { EndpointSettings } from '../endpoints/endpoint';
import type { Registered } from '../endpoints/manage';
import {
	parseDuration,
	readCount,
	readDuration,
	readList,
	readMany,
	readText,
	usageFault,
	valueOf,
} from './command';
import type {
	CommandDefinition,
	CommandInput,
	CommandOutput,
	CommandTools,
	OptionLine,
	OptionValues,
} from './command';
import { printable } from './table';

/** What an endpoint is set up with; every option is one key of the configuration file. */
const SETTING_OPTIONS: readonly OptionLine[] = [
	['--url <url>', 'Where events are posted to'],
	['--events <types>', 'Event types, such as message.sent,error.occurred, or *'],
	['--agent <ids>', 'Only events of these agents; * stands for any text, ! leaves out'],
	['--channel <names>', 'Only events of these channels, such as telegram'],
	['--user <ids>', 'Only events of these users'],
	['--session <ids>', 'Only events of these sessions'],
	['--instance <ids>', 'Only events of these gateways'],
	['--tool <names>', 'Only events about these tools'],
	['--trigger <names>', 'Only events of runs with these triggers: user, cron, webhook …'],
	['--header <name=value>', 'Sent along; once for each header', 'many'],
	['--omit <paths>', 'Values of events to leave out: data.message.content,data.sender'],
	['--redact <paths>', 'Values of events to replace by [redacted]: data.tool.params.*'],
	['--drop-bodies', 'Keep nothing but id, type and time of what was delivered'],
	['--transform <json>', 'Replaces the body, such as {"text":"{{data.error.message}}"}'],
	['--retry-attempts <count>', 'Tries in all (default: 8 over 27 hours)'],
	['--retry-backoff <time>', 'Before the second try, doubled for each further one: 1s'],
	['--retry-delays <times>', 'Before each further try, instead of the two above: 5s,1m,1h'],
	['--rate-limit <limit>', 'Requests within a time at most: 10/60s'],
	['--timeout <time>', 'Until a try without an answer has failed: 15s'],
	['--concurrency <count>', 'Requests at once; 1 keeps events in their order'],
	[
		'--allow-private-hosts [hosts]',
		'Into private networks, anywhere or to these: n8n.lan,10.0.0.0/8',
	],
	['--ca-file <file>', "Certificates at the gateway that the receiver's one is checked by, as PEM"],
	['--hold-hours <count>', 'Of a connection: how long events wait for somebody to fetch them'],
	['--secret-stdin', 'Read the signing secret from the standard input, instead of making one'],
];

/** `endpoints add`: makes an endpoint, as the API does. */
export const addCommand: CommandDefinition = {
	usage: 'add <name>',
	description: 'Make an endpoint; its signing secret is shown once',
	options: [
		...SETTING_OPTIONS,
		['--kind <kind>', 'webhook (the default), or connection: the receiver fetches its events'],
	],
	examples: [
		'endpoints add crm --url https://crm.example/hook --events message.received,message.sent',
		'endpoints add n8n --kind connection --events "*" --hold-hours 24',
	],
	run: async (tools, input) => {
		const { args, options } = input;
		const { kind, ...described } = await readSettings(tools, input, {});
		const body = { name: args[0], ...described, kind: readText(options, 'kind') ?? kind };
		return describe(valueOf(tools.manager.add(body)));
	},
};

/** `endpoints change`: gives an endpoint other settings. */
export const changeCommand: CommandDefinition = {
	usage: 'change <name>',
	description: 'Change the named settings of an endpoint; the others stay',
	options: [
		...SETTING_OPTIONS,
		['--unset <keys>', 'Settings to take away: filter, privacy, headers, transform, retry …'],
	],
	examples: [
		'endpoints change crm --events "*"',
		'endpoints change crm --agent support-bot --header X-API-Key=new',
		'endpoints change crm --unset filter',
	],
	run: async (tools, input) => {
		const name = input.args[0] ?? '';
		const { settings } = valueOf(tools.manager.named(name));
		const unset = readList(input.options, 'unset') ?? [];
		const kept = Object.fromEntries(
			Object.entries(settings).filter(([key]) => !unset.includes(key)),
		) as Partial<EndpointSettings>;
		const described = {
			...Object.fromEntries(unset.map((key) => [key, undefined] as const)),
			...(await readSettings(tools, input, kept)),
		};
		if (Object.keys(described).length === 0) {
			throw usageFault("Say what to change: see 'endpoints change --help'");
		}
		return describe(valueOf(tools.manager.change(name, described)));
	},
};

/** Reads the settings that are named, of one that has others already. */
async function readSettings(
	{ terminal }: CommandTools,
	{ options }: CommandInput,
	known: Partial<EndpointSettings>,
): Promise<Readonly<Record<string, unknown>>> {
	const described = {
		url: readText(options, 'url'),
		events: readList(options, 'events'),
		filter: readFilter(options, known.filter),
		privacy: readPrivacy(options, known.privacy),
		headers: readHeaders(options, known.headers),
		transform: readTransform(options),
		retry: readRetry(options, known.retry),
		rateLimit: readRateLimit(options),
		timeoutMs: readDuration(options, 'timeout'),
		concurrency: readCount(options, 'concurrency', { min: 1, max: 100 }),
		allowPrivateHosts:
			options.allowPrivateHosts === true ? true : readList(options, 'allowPrivateHosts'),
		caFile: readText(options, 'caFile'),
		holdHours: readCount(options, 'holdHours', { min: 1, max: 720 }),
		secret: options.secretStdin === true ? (await terminal.readInput()).trim() : undefined,
	};
	return Object.fromEntries(Object.entries(described).filter(([, value]) => value !== undefined));
}

const FILTERS = {
	agent: 'agentIds',
	channel: 'channels',
	user: 'userIds',
	session: 'sessionIds',
	instance: 'instanceIds',
	tool: 'toolNames',
	trigger: 'triggers',
} as const;

function readFilter(options: OptionValues, known: EndpointSettings['filter']) {
	const lists = Object.entries(FILTERS).flatMap(([option, key]) => {
		const list = readList(options, option);
		return list === undefined ? [] : [[key, list] as const];
	});
	return lists.length === 0 ? undefined : { ...known, ...Object.fromEntries(lists) };
}

function readPrivacy(options: OptionValues, known: EndpointSettings['privacy']) {
	const omit = readList(options, 'omit');
	const redact = readList(options, 'redact');
	const isDropping = options.dropBodies === true;
	if (omit === undefined && redact === undefined && !isDropping) return undefined;
	return {
		...known,
		...(omit === undefined ? {} : { omit }),
		...(redact === undefined ? {} : { redact }),
		...(isDropping ? { dropBodiesAfterDelivery: true } : {}),
	};
}

/** A header without a value is taken away. */
function readHeaders(options: OptionValues, known: EndpointSettings['headers']) {
	const pairs = readMany(options, 'header').map((pair) => {
		const [, name, value] = /^([^=\s]+)=(.*)$/s.exec(pair) ?? [];
		if (name !== undefined && value !== undefined) return [name, value] as const;
		throw usageFault(`--header must be such as X-API-Key=value, not '${pair.split('=')[0] ?? ''}'`);
	});
	if (pairs.length === 0) return undefined;
	const headers = new Map(Object.entries(known ?? {}));
	for (const [name, value] of pairs) {
		for (const other of headers.keys()) {
			if (other.toLowerCase() === name.toLowerCase()) headers.delete(other);
		}
		if (value !== '') headers.set(name, value);
	}
	return Object.fromEntries(headers);
}

function readTransform(options: OptionValues): unknown {
	const text = readText(options, 'transform');
	if (text === undefined) return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		throw usageFault('--transform must be a JSON object such as {"text":"{{data.error.message}}"}');
	}
}

function readRetry(options: OptionValues, known: EndpointSettings['retry']) {
	const maxAttempts = readCount(options, 'retryAttempts', { min: 1, max: 20 });
	const backoffMs = readDuration(options, 'retryBackoff');
	const delays = readList(options, 'retryDelays', { isEachKept: true });
	if (delays !== undefined) {
		if (maxAttempts !== undefined || backoffMs !== undefined) {
			throw usageFault('--retry-delays already says how often: leave the other two out');
		}
		return { delaysMs: delays.map((text) => durationOf(text, 'retry-delays')) };
	}
	if (maxAttempts === undefined && backoffMs === undefined) return undefined;
	return {
		...(known !== undefined && 'maxAttempts' in known ? known : {}),
		...(maxAttempts === undefined ? {} : { maxAttempts }),
		...(backoffMs === undefined ? {} : { backoffMs }),
	};
}

function readRateLimit(options: OptionValues) {
	const text = readText(options, 'rateLimit');
	if (text === undefined) return undefined;
	const [, requests, time] = /^(\d{1,5})\/(\w+)$/.exec(text) ?? [];
	const ms = time === undefined ? undefined : parseDuration(/^\d/.test(time) ? time : `1${time}`);
	if (requests === undefined || ms === undefined || ms % 1000 !== 0) {
		throw usageFault(`--rate-limit must be such as 10/60s, not '${text}'`);
	}
	return { requests: Number(requests), perSeconds: ms / 1000 };
}

function durationOf(text: string, option: string): number {
	const ms = parseDuration(text);
	if (ms !== undefined) return ms;
	throw usageFault(`--${option} must be durations such as 5s,1m,1h, not '${text}'`);
}

function describe({ endpoint, isNew, secret }: Registered): CommandOutput {
	const { id, name, kind, lifecycle } = endpoint;
	const shown = printable(name);
	const what = `Endpoint '${shown}' (${formatEndpointId(id)}) is ${isNew ? 'made' : 'changed'}.`;
	return {
		json: {
			id: formatEndpointId(id),
			name,
			kind,
			created: isNew,
			state: lifecycle,
			...(secret === undefined ? {} : { secret }),
		},
		text: (terminal) =>
			secret === undefined
				? what
				: [
						terminal.paint('strong', secret),
						'',
						`${what} That is its signing secret. Copy it now: it cannot be shown again.`,
						`Try it with: openclaw event-webhooks test ${shown}`,
					].join('\n'),
	};
}
