import { connect, type Socket } from 'node:net';

/** Passes everything on between a socket and a new connection to a local port, until either ends. */
export function joinToPort(socket: Socket, port: number): void {
	const other = connect(port, '127.0.0.1');
	for (const [from, to] of [
		[socket, other],
		[other, socket],
	] as const) {
		from.pipe(to);
		from.on('error', () => to.destroy());
		from.on('close', () => to.destroy());
	}
}
