import type { DatabaseSync } from 'node:sqlite';
import { createApprovals } from '../approvals/approvals';
import type { Approvals } from '../approvals/approvals';
import type { ConfigFile } from '../settings/gatewayConfig';
import { dataFolder, openDatabase } from '../store/database';
import type { HostRules } from '../delivery/hostGuard';
import { createEndpointManager } from '../endpoints/manage';
import type { EndpointManager } from '../endpoints/manage';
import { openOutbox } from '../outbox/outbox';
import { createOwnEvents } from '../outbox/emitter';
import { readSettings } from '../settings/settings';
import type { CommandDefinition, CommandTools } from './command';
import { addCommands, asCommander } from './commander';
import { approvalsCommand } from './approvals';
import { exportCommand, listCommand, showCommand } from './deliveries';
import { doctorCommand } from './doctor';
import { endpointsCommand } from './endpoints';
import { importCommand } from './importFile';
import { inboundCommand } from './inbound';
import { replayCommand, testCommand } from './send';
import { rotateSecretCommand, tokenCommand } from './secrets';
import { statusCommand } from './status';
import { createTerminal } from './terminal';
import type { Streams } from './terminal';

/*
 * `openclaw event-webhooks …`. A command reads its options, asks a use case, and shows what came of it.
 *
 *   registerCommands  all commands, and what they work with
 *   command           what a command is, and how options are read; commander: how the gateway's library runs it
 *   status, doctor    what is wrong; doctor also asks the receivers, and ownChecks is what it looks at here
 *   deliveries, send  list, show, export; replay, test
 *   endpoints         list, pause, enable …; endpointSettings: add, change
 *   inbound           calls that came in, and those that were refused
 *   approvals         tool calls that wait: list, show, allow, deny
 *   secrets           rotate-secret, token
 *   importFile        import
 *   terminal, table   colours, questions, progress; aligned columns
 */

/** All commands, in the order of the help. */
const COMMANDS: readonly CommandDefinition[] = [
	statusCommand,
	doctorCommand,
	listCommand,
	showCommand,
	replayCommand,
	exportCommand,
	testCommand,
	endpointsCommand,
	inboundCommand,
	approvalsCommand,
	rotateSecretCommand,
	importCommand,
	tokenCommand,
];

/** What the command line needs from the gateway's SDK. */
export interface CommandDependencies {
	/** Where the gateway keeps its state; asked when a command runs. */
	stateDir(): string;
	/** `plugins.entries["event-webhooks"].config`, references resolved. */
	readonly pluginConfig: unknown;
	readonly configFile: ConfigFile;
	/** Of the plugin. */
	readonly version: string;
	/** Which hosts requests must not lead to. */
	readonly hostRules: HostRules;
	/** Of OpenClaw, such as `2026.9.6`. */
	readonly gatewayVersion?: string | undefined;
	/** The process's own unless given. */
	readonly streams?: Streams;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
	/** Takes what the process is to end with; `process.exitCode` unless given. */
	readonly setExitCode?: (code: number) => void;
}

/**
 * Adds `openclaw event-webhooks …` to the gateway's command line. The commands work on the database
 * itself, so the gateway may be down.
 *
 * @param program commander's `Command`, as `api.registerCli` passes it
 * @example
 * api.registerCli(({ program }) => { registerCommands(program, dependencies); }, { descriptors });
 */
export function registerCommands(program: unknown, dependencies: CommandDependencies): void {
	const { streams = process, env = process.env, now = Date.now } = dependencies;
	const terminal = createTerminal(streams, env);
	const setExitCode =
		dependencies.setExitCode ??
		((code: number) => {
			process.exitCode = code;
		});
	const openTools = (): CommandTools & { close(): void } => {
		const folder = dataFolder(dependencies.stateDir());
		const settings = readSettings(dependencies.pluginConfig, undefined, false);
		const { configFile } = dependencies;
		let opened: DatabaseSync | undefined;
		let manager: EndpointManager | undefined;
		let approvals: Approvals | undefined;
		// Opened when it is needed: what is wrong with it can be told without it.
		const open = () =>
			(opened ??= openDatabase(folder, {
				synchronous: settings.outbox.powerSafe ? 'full' : 'normal',
			}));
		const logger = {
			error: (message: string) => {
				terminal.warn(message);
			},
		};
		const { instanceId } = settings;
		const openOwnOutbox = (database: DatabaseSync) =>
			openOutbox(database, { folder, ...settings.outbox, now });
		const manage = (database: DatabaseSync): EndpointManager => {
			const outbox = openOwnOutbox(database);
			const ownEvents = createOwnEvents({ database, outbox, instanceId, logger, now });
			const { hostRules } = dependencies;
			return createEndpointManager({
				folder,
				database,
				outbox,
				ownEvents,
				hostRules,
				instanceId,
				configFile,
				now,
			});
		};
		const openApprovals = (database: DatabaseSync): Approvals =>
			createApprovals({
				folder,
				database,
				outbox: openOwnOutbox(database),
				instanceId,
				logger,
				isGateway: false,
				now,
			});
		return {
			folder,
			settings,
			configFile,
			terminal,
			pluginVersion: dependencies.version,
			hostRules: dependencies.hostRules,
			gatewayVersion: dependencies.gatewayVersion,
			env,
			now,
			get database() {
				return open();
			},
			get manager() {
				return (manager ??= manage(open()));
			},
			get approvals() {
				return (approvals ??= openApprovals(open()));
			},
			close: () => opened?.close(),
		};
	};
	const root = asCommander(program)
		.command('event-webhooks')
		.description('Deliveries, endpoints and tokens of the event webhooks');
	addCommands(root, COMMANDS, { terminal, openTools, setExitCode });
}
