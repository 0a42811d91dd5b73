import type { Logger } from '../gatewayApi';
import { clearFault, listFaults, reportFault } from '../health/faults';
import type { Fault } from '../health/faults';
import type { GatewayAgent, InboundConfig, OutboxConfig } from '../protocol';
import { sharedOf } from '../shared';
import type { Database } from '../store/databaseAccess';
import { findPluginEntry } from './gatewayConfig';
import { describeFault, readSettings, usableInbound } from './settings';
import type { Settings } from './settings';

/** A configuration of the gateway, `${NAME}` and secret references resolved. */
export interface GatewayConfig {
	readonly whole: unknown;
	/** `plugins.entries["event-webhooks"].config` of it. */
	readonly plugin: unknown;
}

/** What the gateway last started the plugin's service with. */
interface Applied {
	/** Goes up with each start; 0 before the first. */
	count: number;
	config: GatewayConfig | undefined;
}

const appliedIn = (folder: string) =>
	sharedOf(folder).slot<Applied>('settings', () => ({ count: 0, config: undefined }));

/**
 * Makes a configuration the one that all instances of the plugin in this process work by.
 *
 * @param folder see `dataFolder`
 * @param whole the gateway's whole configuration
 */
export function applyConfig(folder: string, whole: unknown): void {
	const applied = appliedIn(folder);
	applied.config = { whole, plugin: findPluginEntry(whole)?.config };
	applied.count += 1;
}

/**
 * Keeps something that is made of the gateway's configuration, and makes it anew when that has changed.
 *
 * @param own the configuration with which the instance was registered; it holds until the next change
 * @returns a function that gives the same value as before when nothing has changed
 * @example
 * const current = followConfig(folder, own, ({ plugin }) => readSettings(plugin));
 * applyConfig(folder, changed);
 * current();
 */
export function followConfig<Value>(
	folder: string,
	own: GatewayConfig,
	make: (config: GatewayConfig) => Value,
): () => Value {
	// Looked up once: hooks ask for the value with each event.
	const applied = appliedIn(folder);
	let seen = applied.count;
	let value = make(own);
	return () => {
		if (applied.config !== undefined && applied.count !== seen) {
			seen = applied.count;
			value = make(applied.config);
		}
		return value;
	};
}

/** What is looked at, and where to tell what is wrong. */
export interface SettingsReport {
	readonly folder: string;
	readonly settings: Settings;
	readonly logger: Logger;
}

/**
 * Makes known what is wrong with the settings, in the log and to the command line and the dashboard, and
 * forgets what was wrong before. To be called when they are applied.
 *
 * @param agents that the gateway has
 */
export function reportSettings(
	{ folder, settings, logger }: SettingsReport,
	agents: readonly GatewayAgent[],
): void {
	for (const { code, subject } of listFaults(folder)) {
		if (code === 'config') clearFault(folder, code, subject);
	}
	const report = (subject: string, severity: Fault['severity'], message: string) => {
		reportFault(folder, { code: 'config', subject, severity, message });
		if (severity === 'fault') logger.error(message);
		else logger.warn(message);
	};
	for (const fault of settings.faults) report(fault.path, 'fault', describeFault(fault));
	const inbound = { endpoints: usableInbound(settings.inbound) };
	for (const { path, message } of describeMissingAgents(inbound, agents)) {
		report(path, 'notice', message);
	}
}

/**
 * The inbound endpoints whose agent the gateway does not have: their messages would fail.
 *
 * @returns a sentence for each, with the key to change
 */
function describeMissingAgents(
	inbound: Pick<InboundConfig, 'endpoints'>,
	agents: readonly GatewayAgent[],
): readonly { readonly path: string; readonly message: string }[] {
	// The gateway takes ids in any case.
	const known = new Set(agents.map(({ id }) => id.toLowerCase()));
	return Object.entries(inbound.endpoints)
		.filter(([, { agentId }]) => !known.has(agentId.trim().toLowerCase()))
		.map(([name, { agentId }]) => ({
			path: `inbound.endpoints[${JSON.stringify(name)}].agentId`,
			message: `The inbound endpoint '${name}' is for the agent '${agentId}', which this gateway does not have`,
		}));
}

const OUTBOX_KEY = 'outbox';

/**
 * Reads settings as {@link readSettings} does, with the values of `outbox` that were in force before in
 * place of wrong ones, so that a mistake deletes no history. The database is asked only if there is one.
 *
 * @param database where {@link rememberOutbox} has kept them
 */
export function readLastingSettings(pluginConfig: unknown, database: Database): Settings {
	const settings = readSettings(pluginConfig);
	const isWrong = settings.faults.some(({ path }) => path === '' || /^outbox\b/.test(path));
	return isWrong ? readSettings(pluginConfig, recallOutbox(database)) : settings;
}

/**
 * Keeps the values of `outbox` that are in force, for a start with a mistake in them.
 *
 * @throws StoreError when the database cannot be written
 */
export function rememberOutbox(database: Database, outbox: OutboxConfig): void {
	const value = JSON.stringify(outbox);
	const known = database.prepare('SELECT value FROM meta WHERE key = ?').get(OUTBOX_KEY)?.value;
	if (known === value) return;
	database
		.prepare(
			`INSERT INTO meta (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		)
		.run(OUTBOX_KEY, value);
}

function recallOutbox(database: Database): OutboxConfig | undefined {
	try {
		const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(OUTBOX_KEY);
		if (row === undefined) return undefined;
		const outbox: unknown = JSON.parse(String(row.value));
		return readSettings({ outbox }).outbox;
	} catch {
		// Nothing can be deleted either where the database cannot be read.
		return undefined;
	}
}
