import type { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { registerCommands } from '../../../../openclaw-plugin/src/cli/registerCommands';
import {
	createEndpointRegistry,
	type EndpointRegistry,
} from '../../../../openclaw-plugin/src/endpoints/registry';
import { findPluginEntry } from '../../../../openclaw-plugin/src/settings/gatewayConfig';
import type { ConfigFile } from '../../../../openclaw-plugin/src/settings/gatewayConfig';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import { dataFolder, openDatabase } from '../../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';

/** What a command wrote and ended with. */
export interface CommandResult {
	readonly stdout: string;
	readonly stderr: string;
	readonly exitCode: number;
	/** The standard output as JSON. */
	json(): unknown;
}

/** How a command is run. */
export interface RunOptions {
	/** Of OpenClaw. */
	readonly gatewayVersion?: string;
	/** What is handed over on the standard input. */
	readonly input?: string;
	/** Someone is at the terminal and types this. */
	readonly typed?: string;
	readonly isTerminal?: boolean;
	/** The reader of the standard output goes away after so many pieces, as `head` does. */
	readonly readsOnly?: number;
	readonly columns?: number;
	readonly env?: Readonly<Record<string, string>>;
}

/** The plugin's command line over a state folder of its own. */
export interface CommandLine {
	readonly stateDir: string;
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: DatabaseSync;
	/** What the configuration file holds. */
	config: Record<string, unknown>;
	/** Makes the database know the endpoints of the configuration, as a gateway that starts does. */
	applyConfig(): EndpointRegistry;
	run(args: string, options?: RunOptions): Promise<CommandResult>;
	remove(): Promise<void>;
}

/**
 * Makes a command line as the gateway does: commander, and a configuration file.
 *
 * @param pluginConfig `plugins.entries["event-webhooks"].config`
 * @param now milliseconds since 1970
 */
export async function createCommandLine(
	pluginConfig: Record<string, unknown> = {},
	now: () => number = Date.now,
): Promise<CommandLine> {
	const stateDir = await temporaryFolder('cli');
	const folder = dataFolder(stateDir);
	const database = openDatabase(folder);
	const line: CommandLine = {
		stateDir,
		folder,
		database,
		config: {
			plugins: { entries: { 'event-webhooks': { enabled: true, config: pluginConfig } } },
		},
		applyConfig: () => {
			const settings = readSettings(findPluginEntry(line.config)?.config, undefined, false);
			const registry = createEndpointRegistry({
				folder,
				database,
				configured: settings.endpoints,
				isComplete: settings.hasAllEndpoints,
				instanceId: settings.instanceId,
				now,
			});
			registry.list();
			return registry;
		},
		run: async (args, options = {}) => {
			const output = { stdout: '', stderr: '' };
			const stream = (name: 'stdout' | 'stderr') => {
				const through = new PassThrough().setEncoding('utf8');
				let pieces = 0;
				through.on('data', (text: string) => {
					output[name] += text;
					pieces += 1;
					if (pieces === options.readsOnly) through.destroy(new Error('write EPIPE'));
				});
				const { isTerminal = false, columns = 100 } = options;
				return Object.assign(through, { isTTY: isTerminal, columns });
			};
			const stdin = Object.assign(new PassThrough(), { isTTY: options.typed !== undefined });
			if (options.typed !== undefined) stdin.write(`${options.typed}\n`);
			if (options.input !== undefined) stdin.end(options.input);
			const streams = { stdin, stdout: stream('stdout'), stderr: stream('stderr') };
			let exitCode = 0;
			const program = new Command('openclaw').exitOverride().configureOutput({
				writeOut: (text) => streams.stdout.write(text),
				writeErr: (text) => streams.stderr.write(text),
			});
			registerCommands(program, {
				stateDir: () => stateDir,
				pluginConfig: findPluginEntry(line.config)?.config,
				configFile: fileOf(line),
				hostRules: { isBlockedHost: () => false, isPrivateAddress: () => false },
				version: '0.0.0-test',
				gatewayVersion: options.gatewayVersion ?? '2026.9.6',
				streams,
				env: options.env ?? {},
				now,
				setExitCode: (code) => {
					exitCode = code;
				},
			});
			try {
				await program.parseAsync(['event-webhooks', ...splitArgs(args)], { from: 'user' });
			} catch (error) {
				exitCode = (error as { exitCode: number }).exitCode;
			}
			// Streams hand over what was written on the next turn.
			await new Promise(setImmediate);
			return { ...output, exitCode, json: () => JSON.parse(output.stdout) as unknown };
		},
		remove: async () => {
			if (database.isOpen) database.close();
			await removeTemporaryFolder(stateDir);
		},
	};
	line.applyConfig();
	return line;
}

/** Stands in for the gateway's file, which its end-to-end tests use. */
function fileOf(line: CommandLine): ConfigFile {
	return {
		read: async () => Promise.resolve(structuredClone(line.config)),
		change: async (edit) => {
			const draft = structuredClone(line.config);
			edit(draft);
			line.config = draft;
			return Promise.resolve();
		},
	};
}

function splitArgs(args: string): string[] {
	const words = args.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g);
	return [...words].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
}
