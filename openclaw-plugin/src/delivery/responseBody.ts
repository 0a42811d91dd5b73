import type { IncomingMessage } from 'node:http';

/** Bytes of an answer that are read; of what is longer the connection is closed. */
const MAX_READ_BYTES = 65_536;
/** Bytes of an answer that are kept for the log. */
const KEPT_BYTES = 4096;

/**
 * Reads an answer, so that its connection can be used again, and keeps its beginning.
 *
 * @throws Error when the connection ends before the answer does
 */
export async function readBeginning(response: IncomingMessage): Promise<string> {
	return await new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		const finish = () => {
			resolve(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8'));
		};
		response.on('data', (chunk: Buffer) => {
			if (size < KEPT_BYTES) chunks.push(chunk);
			size += chunk.length;
			if (size <= MAX_READ_BYTES) return;
			finish();
			response.destroy();
		});
		response.once('end', finish);
		response.once('error', reject);
		response.once('close', () => {
			reject(new Error('The connection was closed in the middle of the answer'));
		});
	});
}
