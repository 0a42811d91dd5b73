import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { END_WITH_PARENT, startLogged, type LoggedProcess } from './childProcess';
import { run } from './command';
import { keepFiles } from './evidence/evidence';
import { gatewayConfig } from './gatewayConfig';
import type { JsonObject } from './json';
import { configurePlugin, installPlugin, linkPlugin } from './plugin';
import { freePorts } from './ports';
import type { Runtimes } from './runtime';
import { runtimeEnvironment } from './runtimeEnvironment';
import { removeTemporaryFolder, temporaryFolder } from './temporaryFolder';
import { GiveUp, waitFor } from './waitFor';

/** Our plugin in a throwaway gateway. */
export interface PluginOptions {
	readonly packageFile: string;
	/** The webhooks object. */
	readonly config: JsonObject;
	/** Whether to install it as the documentation says, which takes half a minute; else it is loaded from a folder. */
	readonly isInstalled?: boolean;
}

/** How to start a throwaway OpenClaw gateway. */
export interface GatewayOptions {
	readonly runtimes: Runtimes;
	/** Base URL of the scripted model. */
	readonly modelUrl: string;
	/** Top-level configuration keys that replace the usual ones. */
	readonly config?: JsonObject;
	/** Port to listen on; a free one by default. */
	readonly port?: number;
	/** Our plugin, from its tarball. */
	readonly plugin?: PluginOptions;
	/** Environment variables of the gateway besides its own. */
	readonly env?: Readonly<Record<string, string>>;
}

/** What the gateway writes, in its folder. */
const LOG_FILE = 'gateway.log';
/** What it and its command line have written. */
const GATEWAY_EVIDENCE = [LOG_FILE, 'gateway-details.log', 'openclaw-cli.log'];

/** Commands that are asked for a secret, and show it once: that is not what a log is searched for. */
const SHOWS_A_SECRET = /^event-webhooks (?:token create|rotate-secret)\b/;

/** A running throwaway OpenClaw gateway. */
export interface Gateway {
	readonly url: string;
	/** State folder: configuration, sessions, logs, workspaces. */
	readonly folder: string;
	readonly pid: number;
	/** Everything the gateway has written so far. */
	log(): Promise<string>;
	/** Waits until the gateway has written something, `from` a place in {@link log} on. */
	waitForLog(pattern: RegExp, from?: number): Promise<void>;
	/** Runs `openclaw …` on this gateway's state and returns what it printed; it may be stopped. */
	openclaw(args: readonly string[]): Promise<string>;
	/** Replaces our plugin's settings; a running gateway applies them by itself. */
	configurePlugin(config: JsonObject): Promise<void>;
	/** Ends it in order (SIGTERM); state and address stay for `start()`. */
	stop(): Promise<void>;
	/** Ends it at once, as a crash would. */
	kill(): Promise<void>;
	/** Starts it again on the same state and address. */
	start(): Promise<void>;
	/** Ends it and deletes its folder. */
	remove(): Promise<void>;
}

/** How the program of a gateway is started. */
export interface GatewayProgram {
	readonly runtimes: Runtimes;
	/** Where its log is written. */
	readonly folder: string;
	readonly port: number;
	readonly env: Readonly<Record<string, string>>;
}

/** Starts the program on a state that is there; see {@link waitUntilReady}. */
export async function startGatewayProgram(options: GatewayProgram): Promise<LoggedProcess> {
	const { runtimes, folder, port, env } = options;
	return await startLogged({
		command: runtimes.node,
		args: [
			'--require',
			END_WITH_PARENT,
			runtimes.openclaw,
			...`gateway run --port ${port} --bind loopback`.split(' '),
		],
		cwd: folder,
		env,
		logFile: join(folder, LOG_FILE),
	});
}

/**
 * Waits until a gateway serves agents.
 *
 * @throws Error with its last lines when it ends instead
 */
export async function waitUntilReady(url: string, program: LoggedProcess): Promise<void> {
	await waitFor(
		'the OpenClaw gateway to be ready',
		async () => {
			if (program.ended()) throw new GiveUp(`The gateway ended:\n${program.logTail()}`);
			return (await fetch(`${url}/readyz`)).ok;
		},
		{ timeoutMs: 180_000, everyMs: 100 },
	);
}

/**
 * Starts an OpenClaw gateway of its own, with its own state and a scripted model.
 *
 * @throws Error with the gateway's last lines when it doesn't come up
 * @example
 * const model = await startScriptedModel();
 * const gateway = await startGateway({ runtimes, modelUrl: model.url });
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
	const { runtimes, modelUrl, config, plugin } = options;
	const folder = await temporaryFolder('gateway');
	const port = options.port ?? (await freePorts(1))[0] ?? 0;
	const url = `http://127.0.0.1:${port}`;
	const configFile = join(folder, 'openclaw.json');
	const logFile = join(folder, LOG_FILE);
	let program: LoggedProcess | undefined;
	const env = runtimeEnvironment(runtimes.nodeFolder, {
		...options.env,
		HOME: folder,
		OPENCLAW_STATE_DIR: join(folder, 'state'),
		OPENCLAW_CONFIG_PATH: configFile,
	});
	const openclaw = async (args: readonly string[]) =>
		await run({
			command: runtimes.node,
			args: [runtimes.openclaw, ...args],
			cwd: folder,
			env,
			...(SHOWS_A_SECRET.test(args.join(' ')) ? {} : { logFile: join(folder, 'openclaw-cli.log') }),
		});

	const start = async () => {
		program = await startGatewayProgram({ runtimes, folder, port, env });
		await waitUntilReady(url, program);
	};
	const remove = async () => {
		await program?.kill();
		await keepFiles(folder, GATEWAY_EVIDENCE);
		await removeTemporaryFolder(folder);
	};

	try {
		await mkdir(join(folder, 'state'), { recursive: true });
		const content = gatewayConfig({
			port,
			modelUrl,
			folder,
			...(config === undefined ? {} : { more: config }),
		});
		await writeFile(configFile, JSON.stringify(content, null, '\t'));
		if (plugin !== undefined) {
			if (plugin.isInstalled === true) await installPlugin(plugin.packageFile, openclaw);
			else await linkPlugin(plugin.packageFile, folder, configFile);
			await configurePlugin(configFile, plugin.config);
		}
		await start();
	} catch (error) {
		await remove();
		throw error;
	}
	return {
		url,
		folder,
		get pid() {
			return program?.pid ?? 0;
		},
		log: async () => readFile(logFile, 'utf8'),
		waitForLog: async (pattern, from = 0) => {
			await waitFor(`the gateway to write ${String(pattern)}`, async () =>
				pattern.test((await readFile(logFile, 'utf8')).slice(from)),
			);
		},
		openclaw,
		configurePlugin: async (settings) => configurePlugin(configFile, settings),
		stop: async () => program?.stop(),
		kill: async () => program?.kill(),
		start,
		remove,
	};
}
