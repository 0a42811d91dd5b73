import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describeUnasked } from '../approvals/rules';
import { describeHealth } from '../endpoints/endpointHealth';
import type { Health } from '../health/health';
import { findSilentHooks, readHooksSeen } from '../health/hooksSeen';
import {
	describeShrinking,
	describeSilentHook,
	describeUnfetched,
	reportedTroubles,
} from '../health/troubles';
import { errorText } from '../logger';
import { findPluginEntry, readGatewaySettings } from '../settings/gatewayConfig';
import { DATABASE_FILE } from '../store/database';
import type { Database } from '../store/databaseAccess';
import { formatAge } from '../timeText';
import type { CommandTools } from './command';

/** What one look at something has shown. */
export interface Check {
	readonly about:
		| 'settings'
		| 'environment'
		| 'database'
		| 'disk'
		| 'gateway'
		| 'conversations'
		| 'hooks'
		| 'events'
		| 'connection'
		| 'approvals'
		| 'receiver';
	/** Which one, where there are several: a key, an endpoint. */
	readonly subject?: string;
	/** `warning`: it works, but maybe not as wanted. */
	readonly result: 'ok' | 'warning' | 'fault';
	/** What was found, and how to go on. No secrets. */
	readonly message: string;
	/** When each was last seen, milliseconds since 1970. */
	readonly lastSeen?: Readonly<Record<string, number>>;
}

/** The first OpenClaw that the plugin works with, and the ones that it was tried with. */
export const SUPPORTED_GATEWAYS = { from: '2026.9.0', tried: '2026.9' } as const;

const MEGABYTE = 1_048_576;
/** With less nothing can be relied on. */
const LEAST_FREE_BYTES = 64 * MEGABYTE;
/** Problems of a damaged database that are told. */
const MAX_PROBLEMS = 3;

/** Each fault of the settings, and names of the environment that they need. */
export function checkConfiguration(tools: CommandTools): readonly Check[] {
	const { settings, now } = tools;
	const faults = reportedTroubles({ health: undefined, settings, now: now() });
	const checks = faults.map(
		({ subject = '', message }): Check => ({
			about: 'settings',
			subject,
			result: 'fault',
			message: `${subject}: ${message}`,
		}),
	);
	const usable = settings.endpoints.filter(({ kind }) => kind === 'usable').length;
	const inbound = Object.values(settings.inbound.endpoints).filter(({ kind }) => kind === 'usable');
	const right: Check = {
		about: 'settings',
		result: 'ok',
		message: `They are right: ${String(usable)} endpoints, ${String(inbound.length)} inbound endpoints`,
	};
	return [...(checks.length === 0 ? [right] : checks), ...checkEnvironment(tools)];
}

/** What is still `${NAME}` here the gateway may know how to fill in. */
function checkEnvironment({ settings }: CommandTools): readonly Check[] {
	const secrets = Object.values(settings.inbound.endpoints).map((endpoint) =>
		endpoint.kind === 'usable' ? endpoint.auth?.secrets : undefined,
	);
	const written = JSON.stringify([settings.endpoints, secrets]);
	const names = new Set([...written.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name));
	return [...names].map((name) => ({
		about: 'environment',
		subject: name,
		result: 'warning',
		message: `${name} is not set here. If the gateway's environment lacks it, too, the endpoint that needs it cannot be used`,
	}));
}

/** The database with its disk. @returns the database, where it can be used */
export function checkStore(tools: CommandTools): {
	readonly checks: readonly Check[];
	readonly database: Database | undefined;
} {
	const { folder } = tools;
	if (!existsSync(join(folder, DATABASE_FILE))) {
		const message = 'There is none yet: the gateway makes it when it first runs with this plugin';
		return { checks: [{ about: 'database', result: 'ok', message }], database: undefined };
	}
	const disk = checkDisk(tools);
	try {
		const { database } = tools;
		const problems = database
			.prepare(`PRAGMA integrity_check(${String(MAX_PROBLEMS)})`)
			.all()
			.map((row) => String(row.integrity_check))
			.filter((text) => text !== 'ok');
		const size = `${megabytes(sizeOf(database))} MB in ${folder}`;
		if (problems.length === 0) {
			const message = `It opens and is whole: ${size}`;
			const shrinking = describeShrinking(tools.settings, database);
			const space: readonly Check[] =
				shrinking === undefined
					? []
					: [{ about: 'database', result: 'warning', message: shrinking }];
			return {
				checks: [{ about: 'database', result: 'ok', message }, ...space, ...disk],
				database,
			};
		}
		const message = `It is damaged: ${problems.join('; ')}. A gateway that meets the damage sets the file aside and carries over what can be read`;
		return { checks: [{ about: 'database', result: 'fault', message }, ...disk], database };
	} catch (error) {
		const message = `It cannot be used: ${errorText(error)}`;
		return {
			checks: [{ about: 'database', result: 'fault', message }, ...disk],
			database: undefined,
		};
	}
}

function checkDisk({ folder, settings }: CommandTools): readonly Check[] {
	const { bavail, bsize } = statfsSync(folder);
	const free = bavail * bsize;
	const limit = settings.outbox.maxMegabytes * MEGABYTE;
	const text = `${megabytes(free)} MB are free`;
	if (free < LEAST_FREE_BYTES) {
		return [{ about: 'disk', result: 'fault', message: `Only ${text}: make room` }];
	}
	if (free < limit) {
		const message = `${text}, less than the outbox may take (outbox.maxMegabytes: ${String(settings.outbox.maxMegabytes)}). Make room, or lower it`;
		return [{ about: 'disk', result: 'warning', message }];
	}
	return [{ about: 'disk', result: 'ok', message: text }];
}

/** The gateway: whether it runs, its version, and whether it lets the plugin see conversations. */
export async function checkGateway(
	tools: CommandTools,
	health: Health | undefined,
): Promise<readonly Check[]> {
	return [checkRunning(tools, health), ...checkVersion(tools), await checkConversations(tools)];
}

function checkRunning({ pluginVersion, now }: CommandTools, health: Health | undefined): Check {
	if (health === undefined) {
		const message = 'It has never run with this plugin. Start it with: openclaw gateway run';
		return { about: 'gateway', result: 'warning', message };
	}
	const { isRunning, version, updatedAt, stoppedAt } = health;
	if (!isRunning) {
		const end =
			stoppedAt === undefined
				? `It was last heard of ${formatAge(updatedAt, now())}`
				: `It was stopped ${formatAge(stoppedAt, now())}`;
		const result = stoppedAt === undefined ? 'fault' : 'warning';
		return { about: 'gateway', result, message: `${end}. Nothing is sent until it runs` };
	}
	if (version !== pluginVersion) {
		const message = `It runs with version ${version} of the plugin, but ${pluginVersion} is installed: restart it`;
		return { about: 'gateway', result: 'warning', message };
	}
	return {
		about: 'gateway',
		result: 'ok',
		message: `It runs, with version ${version} of the plugin`,
	};
}

function checkVersion({ gatewayVersion }: CommandTools): readonly Check[] {
	if (gatewayVersion === undefined) return [];
	const { from, tried } = SUPPORTED_GATEWAYS;
	const supported = `OpenClaw ${from} and later`;
	if (isBefore(gatewayVersion, from)) {
		const message = `OpenClaw ${gatewayVersion} is too old: the plugin needs ${supported}`;
		return [{ about: 'gateway', result: 'fault', message }];
	}
	if (!gatewayVersion.startsWith(`${tried}.`)) {
		const message = `OpenClaw ${gatewayVersion}: the plugin was tried with ${tried}. See whether all hooks still come`;
		return [{ about: 'gateway', result: 'warning', message }];
	}
	return [
		{
			about: 'gateway',
			result: 'ok',
			message: `OpenClaw ${gatewayVersion} (needed: ${supported})`,
		},
	];
}

function isBefore(version: string, least: string): boolean {
	const [left, right] = [version, least].map((text) => text.split(/[.-]/).map(Number));
	for (const [index, part = 0] of (right ?? []).entries()) {
		const own = left?.[index] ?? 0;
		if (own !== part) return own < part;
	}
	return false;
}

async function checkConversations({ configFile }: CommandTools): Promise<Check> {
	const entry = findPluginEntry(await configFile.read());
	const hooks = entry?.hooks;
	const isAllowed =
		typeof hooks === 'object' &&
		hooks !== null &&
		'allowConversationAccess' in hooks &&
		hooks.allowConversationAccess === true;
	if (entry?.enabled === false) {
		const message =
			'The plugin is switched off: plugins.entries["event-webhooks"].enabled is false';
		return { about: 'conversations', result: 'fault', message };
	}
	if (isAllowed) {
		return { about: 'conversations', result: 'ok', message: 'The plugin may see conversations' };
	}
	const message =
		'The plugin may not see conversations: replies that no channel delivers, and what models cost, are missing. Set plugins.entries["event-webhooks"].hooks.allowConversationAccess to true';
	return { about: 'conversations', result: 'warning', message };
}

/** When the gateway called each hook last, and which of them an upgrade may have silenced. */
export function checkHooks(database: Database, now: number): readonly Check[] {
	const seen = readHooksSeen(database);
	if (seen === undefined) {
		const message = 'The gateway has not called any yet: have somebody talk to an agent';
		return [{ about: 'hooks', result: 'warning', message }];
	}
	const silent = findSilentHooks(seen).map(
		(hook): Check => ({
			about: 'hooks',
			subject: hook.hook,
			result: 'fault',
			message: describeSilentHook(hook, now),
		}),
	);
	return [
		...silent,
		{
			about: 'hooks',
			result: 'ok',
			message: `Last called: ${describeAges(seen.lastAt, now)}`,
			lastSeen: seen.lastAt,
		},
	];
}

/** When an event of each type was last kept for an endpoint. */
export function checkEvents(database: Database, now: number): readonly Check[] {
	const rows = database
		.prepare(
			`SELECT type, created_at FROM events
			WHERE seq IN (SELECT max(seq) FROM events GROUP BY type) ORDER BY created_at DESC`,
		)
		.all();
	const lastSeen = Object.fromEntries(
		rows.map((row) => [String(row.type), Number(row.created_at)] as const),
	);
	const message =
		rows.length === 0
			? 'None is kept: none has come that an endpoint wants, or all are older than outbox.retentionDays'
			: `Last kept: ${describeAges(lastSeen, now)}`;
	return [{ about: 'events', result: 'ok', message, lastSeen }];
}

/** Whether somebody fetches the events of each endpoint whose receiver fetches. */
export function checkConnections(database: Database, now: number): readonly Check[] {
	return describeHealth(database, now).endpoints.flatMap((endpoint): readonly Check[] => {
		const { name, state, fetching } = endpoint;
		if (fetching === undefined || state.state !== 'active') return [];
		const check = (result: Check['result'], message: string): readonly Check[] => [
			{ about: 'connection', subject: name, result, message: `'${name}' ${message}` },
		];
		const unfetched = describeUnfetched(endpoint);
		if (unfetched !== undefined) {
			return check(unfetched.severity === 'fault' ? 'fault' : 'warning', unfetched.message);
		}
		const { address, since } = fetching;
		if (address === undefined || since === undefined) {
			return check('ok', 'is new: nobody has fetched its events yet');
		}
		return check('ok', `is fetched from by ${address}, who came ${formatAge(since, now)}`);
	});
}

/** Whether somebody is asked by the rules for approvals, and the gateway waits for the answer. */
export async function checkApprovals(
	{ settings, configFile, now }: CommandTools,
	database: Database,
): Promise<readonly Check[]> {
	const rules = settings.approvals.flatMap((rule) => (rule.kind === 'usable' ? [rule] : []));
	if (rules.length === 0) return [];
	const check = (result: Check['result'], message: string): Check => ({
		about: 'approvals',
		result,
		message,
	});
	const unasked = describeUnasked(database, settings.approvals, now());
	const { toolCallLimitMs = Number.POSITIVE_INFINITY } = readGatewaySettings(
		await configFile.read(),
	);
	const tooLong = rules.filter(({ timeoutSeconds }) => timeoutSeconds * 1000 > toolCallLimitMs);
	const names = rules.map(({ name }) => `'${name}'`).join(', ');
	return [
		unasked === undefined
			? check('ok', `Tool calls are asked about by the rules ${names}`)
			: check('fault', unasked),
		...tooLong.map(({ name, timeoutSeconds }) =>
			check(
				'warning',
				`The rule '${name}' lets calls wait for ${String(timeoutSeconds)} seconds, the gateway for ${String(Math.floor(toolCallLimitMs / 1000))} only: raise plugins.entries["event-webhooks"].hooks.timeouts.before_tool_call, or lower timeoutSeconds`,
			),
		),
	];
}

function describeAges(times: Readonly<Record<string, number>>, now: number): string {
	return Object.entries(times)
		.sort(([, left], [, right]) => right - left)
		.map(([name, time]) => `${name} ${formatAge(time, now)}`)
		.join(', ');
}

function sizeOf(database: Database): number {
	const read = (pragma: string) =>
		Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
	return read('page_count') * read('page_size');
}

function megabytes(bytes: number): string {
	return bytes < 10 * MEGABYTE
		? (Math.ceil((bytes / MEGABYTE) * 10) / 10).toFixed(1)
		: String(Math.round(bytes / MEGABYTE));
}
