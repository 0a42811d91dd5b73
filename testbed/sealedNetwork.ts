import { execFile, fork, type ChildProcess } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { joinToPort } from './joinSockets';
import { removeTemporaryFolder, temporaryFolder } from './temporaryFolder';

/** What the test and the program inside tell each other. */
export type DoorMessage =
	| { readonly kind: 'ready' | 'open' | 'connection' | 'probe'; readonly port: number }
	| { readonly kind: 'probed'; readonly port: number; readonly isReachable: boolean };

/**
 * A network of its own without any interface but loopback: what runs in it can open connections to nobody, apart
 * from the ports that are let out.
 */
export interface SealedNetwork {
	/** Starts what it is given on Node.js inside; takes the place of `node`. */
	readonly node: string;
	/** Passes connections to a port of this side on to the same port inside. */
	letIn(port: number): Promise<void>;
	/** Passes connections to a port inside on to the same port of this side. */
	letOut(port: number): Promise<void>;
	/** Whether a program inside can open a connection to a local port. */
	isReachable(port: number): Promise<boolean>;
	remove(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const run = promisify(execFile);

/**
 * Makes a network with `ip netns`, which needs Linux and root.
 *
 * @param node the Node.js that programs inside run on
 * @returns a text that says why not, where it cannot be made
 */
export async function sealNetwork(node: string): Promise<SealedNetwork | string> {
	const name = `openclaw-${String(process.pid)}`;
	try {
		await run('ip', ['netns', 'add', name]);
		await run('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up']);
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
	const folder = await temporaryFolder('network');
	const program = join(folder, 'node');
	await writeFile(program, `#!/bin/sh\nexec ip netns exec ${name} '${node}' "$@"\n`);
	await chmod(program, 0o700);
	const door = fork(join(__dirname, 'sealedNetworkDoor.ts'), {
		execPath: program,
		execArgv: ['--import', 'tsx'],
	});
	await nextMessage(door, 'ready', 0);
	door.on('message', (message: DoorMessage, socket?: Socket) => {
		if (message.kind === 'connection' && socket !== undefined) joinToPort(socket, message.port);
	});
	const servers: Server[] = [];
	return {
		node: program,
		letIn: async (port) => {
			const server = createServer({ pauseOnConnect: true }, (socket) => {
				door.send({ kind: 'connection', port }, socket);
			});
			servers.push(server);
			await new Promise<void>((resolve, reject) => {
				server.once('error', reject);
				server.listen(port, LOOPBACK, resolve);
			});
		},
		letOut: async (port) => {
			const opened = nextMessage(door, 'open', port);
			door.send({ kind: 'open', port });
			await opened;
		},
		isReachable: async (port) => {
			const probed = nextMessage(door, 'probed', port);
			door.send({ kind: 'probe', port });
			const answer = await probed;
			return answer.kind === 'probed' && answer.isReachable;
		},
		remove: async () => {
			for (const server of servers) server.close();
			door.kill();
			await run('ip', ['netns', 'delete', name]);
			await removeTemporaryFolder(folder);
		},
	};
}

async function nextMessage(
	door: ChildProcess,
	kind: DoorMessage['kind'],
	port: number,
): Promise<DoorMessage> {
	return await new Promise((resolve, reject) => {
		const ended = () => {
			reject(new Error('The program inside the sealed network has ended'));
		};
		const look = (message: DoorMessage) => {
			if (message.kind !== kind || message.port !== port) return;
			door.off('message', look);
			door.off('exit', ended);
			resolve(message);
		};
		door.on('message', look);
		door.once('exit', ended);
	});
}
