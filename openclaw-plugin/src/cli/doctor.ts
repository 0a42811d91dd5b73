import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { createEgress } from '../delivery/egress';
import type { Egress, Receiver } from '../delivery/egress';
import { unbracketed } from '../delivery/hostGuard';
import { createHttpClient } from '../delivery/httpClient';
import type { DeliveryResponse, HttpClient } from '../delivery/httpClient';
import { maskUrl } from '../endpoints/endpoint';
import { openEndpointTable } from '../endpoints/endpointTable';
import { readHealth } from '../health/health';
import type { Database } from '../store/databaseAccess';
import { formatDuration } from '../timeText';
import type { CommandDefinition, CommandTools } from './command';
import {
	checkApprovals,
	checkConfiguration,
	checkConnections,
	checkEvents,
	checkGateway,
	checkHooks,
	checkStore,
} from './ownChecks';
import type { Check } from './ownChecks';
import { printable } from './table';
import { withSpinner } from './terminal';
import type { Terminal } from './terminal';

/**
 * `doctor`: looks at everything that deliveries depend on, from the settings to each receiver's clock. It
 * changes and delivers nothing. The exit code is 1 when something does not work.
 */
export const doctorCommand: CommandDefinition = {
	usage: 'doctor',
	description: 'Check settings, database, disk, gateway, hooks, and how receivers are reached',
	options: [['--offline', 'Make no requests: leave the receivers out']],
	examples: ['doctor', 'doctor --offline', 'doctor --json'],
	run: async (tools, { options }) => {
		const health = readHealth(tools.folder, tools.now());
		const stored = checkStore(tools);
		const receivers =
			options.offline === true
				? []
				: await withSpinner(tools.terminal, 'Asking the receivers', async () =>
						checkReceivers(tools, stored.database),
					);
		const checks = [
			...checkConfiguration(tools),
			...stored.checks,
			...(await checkGateway(tools, health)),
			...(stored.database === undefined
				? []
				: [
						...checkHooks(stored.database, tools.now()),
						...checkEvents(stored.database, tools.now()),
						...checkConnections(stored.database, tools.now()),
						...(await checkApprovals(tools, stored.database)),
					]),
			...receivers,
		];
		const faults = checks.filter(({ result }) => result === 'fault').length;
		return {
			json: { isHealthy: faults === 0, checks },
			isFailure: faults > 0,
			text: (terminal) =>
				[...checks.map((check) => line(terminal, check)), '', summary(checks)].join('\n'),
		};
	},
};

const MARKS = { ok: ['good', '✔'], warning: ['waiting', '!'], fault: ['bad', '✖'] } as const;

function line(terminal: Terminal, { about, result, message }: Check): string {
	const [tone, mark] = MARKS[result];
	return `${terminal.paint(tone, mark)} ${terminal.paint('quiet', about.padEnd(13))} ${printable(message)}`;
}

function summary(checks: readonly Check[]): string {
	const count = (result: Check['result']) =>
		checks.filter((check) => check.result === result).length;
	const [faults, warnings] = [count('fault'), count('warning')];
	if (faults === 0 && warnings === 0) return 'All is well.';
	const parts = [
		...(faults === 0
			? []
			: [faults === 1 ? '1 thing does not work' : `${String(faults)} things do not work`]),
		...(warnings === 0 ? [] : [warnings === 1 ? '1 warning' : `${String(warnings)} warnings`]),
	];
	return `${parts.join(', ')}.`;
}

/** Somewhere that events are sent to. */
interface Target {
	readonly receiver: Receiver;
	readonly url: string;
	readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;
/** Receivers refuse what was signed longer ago, or further ahead, than this. */
const TOLERANCE_MS = 300_000;
/** A clock may be off by so much without a word: the header has whole seconds, and the way takes time. */
const WELL_SET_MS = 30_000;
const UNRESOLVED = /\$\{(\w+)\}/;
/** What proxy programs answer for any name (RFC 2544 has these addresses for tests). */
const FAKE_ADDRESSES = new BlockList();
FAKE_ADDRESSES.addSubnet('198.18.0.0', 15, 'ipv4');

/**
 * Asks each receiver something that it need not answer with more than a refusal (`OPTIONS`), through the
 * same proxy and past the same guard as a delivery: nothing is delivered.
 *
 * @param database undefined where it cannot be used: endpoints made over the API are unknown then
 */
async function checkReceivers(
	tools: CommandTools,
	database: Database | undefined,
): Promise<readonly Check[]> {
	const { hostRules, env } = tools;
	const client = createHttpClient(hostRules, env);
	const egress = createEgress(hostRules, env);
	try {
		const checks = listTargets(tools, database).map(async (target) =>
			checkReceiver(target, { client, egress, tools }),
		);
		return (await Promise.all(checks)).flat();
	} finally {
		client.close();
		egress.close();
	}
}

function listTargets(
	{ settings, now }: CommandTools,
	database: Database | undefined,
): readonly Target[] {
	const table = database && openEndpointTable(database);
	const configured = settings.endpoints.flatMap((endpoint): readonly Target[] => {
		if (endpoint.kind === 'faulty') return [];
		const { url, timeoutMs = DEFAULT_TIMEOUT_MS, enabled, ...config } = endpoint.config;
		if (url === undefined || enabled === false) return [];
		const id = table?.findByName(config.name)?.id ?? -1 - endpoint.position;
		return [{ receiver: { ...config, id }, url, timeoutMs }];
	});
	const made = (table?.listCurrent(now()) ?? []).flatMap(
		({ id, name, origin, settings: own, lifecycle }): readonly Target[] => {
			const isSentTo = lifecycle.state === 'active' || lifecycle.state === 'paused';
			if (origin !== 'api' || own.url === undefined || !isSentTo) return [];
			const { timeoutMs = DEFAULT_TIMEOUT_MS } = own;
			return [{ receiver: { ...own, id, name }, url: own.url, timeoutMs }];
		},
	);
	return [...configured, ...made];
}

async function checkReceiver(
	{ receiver, url: text, timeoutMs }: Target,
	{ client, egress, tools }: { client: HttpClient; egress: Egress; tools: CommandTools },
): Promise<readonly Check[]> {
	const { name } = receiver;
	const check = (result: Check['result'], message: string): Check => ({
		about: 'receiver',
		subject: name,
		result,
		message: `'${name}' ${message}`,
	});
	const [, missing] = UNRESOLVED.exec(text) ?? [];
	if (missing !== undefined) {
		return [check('warning', `was not asked: its url needs ${missing}, which is not set here`)];
	}
	const url = new URL(text);
	const proxy = proxyOf(egress, receiver, url);
	const addresses = proxy === undefined ? await resolve(unbracketed(url.hostname)) : [];
	const sentAt = tools.now();
	const response = await client.send({
		method: 'OPTIONS',
		receiver,
		url,
		headers: { 'User-Agent': `OpenClaw-Event-Webhooks/${tools.pluginVersion}` },
		body: '',
		timeoutMs,
	});
	const way = [
		...(addresses.length === 0 ? [] : [`by ${addresses.join(' and ')}`]),
		...(proxy === undefined ? [] : [`through the proxy ${proxy}`]),
	].join(', ');
	const place = `${maskUrl(text)}${way === '' ? '' : ` (${way})`}`;
	const fake = addresses
		.filter((address) => isFake(address))
		.map((address) =>
			check(
				'warning',
				`resolves to ${address}, which is no real address (fake-IP, 198.18.0.0/15): a proxy program on this machine or in its network answers so, and decides where requests go`,
			),
		);
	if (response.kind === 'unanswered') {
		return [check('fault', `is not reached at ${place}: ${response.message}`)];
	}
	if (response.isFromProxy === true) {
		return [check('fault', `is not reached at ${place}: the proxy wants other credentials`)];
	}
	const reached = `answers at ${place} in ${formatDuration(response.durationMs)}`;
	return [clockCheck(response, sentAt, reached, check), ...fake];
}

/** Whether what is signed here is neither too old nor too new over there. */
function clockCheck(
	{ date, durationMs }: Extract<DeliveryResponse, { kind: 'answered' }>,
	sentAt: number,
	reached: string,
	check: (result: Check['result'], message: string) => Check,
): Check {
	const theirs = date === undefined ? Number.NaN : Date.parse(date);
	if (Number.isNaN(theirs)) return check('ok', `${reached}; it does not tell its time`);
	const ahead = theirs - (sentAt + durationMs / 2);
	const off = Math.abs(ahead);
	if (off <= WELL_SET_MS) return check('ok', `${reached}; its clock agrees`);
	const clock = `its clock is ${formatDuration(off)} ${ahead > 0 ? 'ahead of' : 'behind'} this one's`;
	return off < TOLERANCE_MS
		? check(
				'warning',
				`${reached}, but ${clock}: with 5 min it refuses all signatures. Set both by NTP`,
			)
		: check('fault', `${reached}, but ${clock}: it refuses all signatures. Set both by NTP`);
}

function proxyOf(egress: Egress, receiver: Receiver, url: URL): string | undefined {
	try {
		return egress.wayTo(receiver, url).proxy;
	} catch {
		// The request says what is wrong with the endpoint's certificates.
		return undefined;
	}
}

/** Addresses of a name; none where it is an address itself, or cannot be resolved, which the request tells. */
async function resolve(host: string): Promise<readonly string[]> {
	if (isIP(host) !== 0) return isFake(host) ? [host] : [];
	try {
		return (await lookup(host, { all: true })).map(({ address }) => address);
	} catch {
		return [];
	}
}

function isFake(address: string): boolean {
	return isIP(address) === 4 && FAKE_ADDRESSES.check(address);
}
