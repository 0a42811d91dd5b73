import { createServer } from 'node:net';

async function listenAnywhere(): Promise<{ port: number; close: () => Promise<void> }> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP port was given');
	return {
		port: address.port,
		close: async () => {
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/**
 * Finds TCP ports that nobody listens on right now, all different from each other.
 *
 * @param count how many
 * @example
 * const [web = 0, broker = 0] = await freePorts(2);
 */
export async function freePorts(count: number): Promise<number[]> {
	const held = await Promise.all(Array.from({ length: count }, listenAnywhere));
	await Promise.all(held.map(async ({ close }) => close()));
	return held.map(({ port }) => port);
}
