import { connect, createServer, type Socket } from 'node:net';
import { joinToPort } from './joinSockets';
import type { DoorMessage } from './sealedNetwork';

// Runs inside a sealed network, see sealedNetwork.ts. Connections go in and out as handles: a socket belongs to
// the network that it was made in.

const LOOPBACK = '127.0.0.1';

function send(message: DoorMessage, socket?: Socket): void {
	process.send?.(message, socket);
}

function letOut(port: number): void {
	const server = createServer({ pauseOnConnect: true }, (socket) => {
		send({ kind: 'connection', port }, socket);
	});
	server.listen(port, LOOPBACK, () => {
		send({ kind: 'open', port });
	});
}

function probe(port: number): void {
	const socket = connect(port, LOOPBACK);
	const answer = (isReachable: boolean) => {
		socket.destroy();
		send({ kind: 'probed', port, isReachable });
	};
	socket.once('connect', () => {
		answer(true);
	});
	socket.once('error', () => {
		answer(false);
	});
}

process.on('message', (message: DoorMessage, socket?: Socket) => {
	const { kind, port } = message;
	if (kind === 'connection' && socket !== undefined) joinToPort(socket, port);
	else if (kind === 'open') letOut(port);
	else if (kind === 'probe') probe(port);
});
process.on('disconnect', () => process.exit());
send({ kind: 'ready', port: 0 });
