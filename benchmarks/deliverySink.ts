import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A receiver in a process of its own: it reads each request and answers like an n8n trigger, or, where
// the URL says so, like one that takes so many requests a second.
const ANSWER = '{"received":true}';

/** Milliseconds from which on the next request is taken, where it takes so many a second only. */
let freeAt = 0;

const server = createServer((request, response) => {
	const perSecond = Number(/perSecond=(\d+)/.exec(request.url ?? '')?.[1] ?? Infinity);
	request.resume().once('end', () => {
		if (performance.now() < freeAt) {
			response.writeHead(429, { 'retry-after': '1' }).end();
			return;
		}
		freeAt = performance.now() + 1000 / perSecond;
		response.writeHead(200, {
			'content-type': 'application/json',
			'content-length': ANSWER.length,
		});
		response.end(ANSWER);
	});
});
server.listen(0, '127.0.0.1', () => {
	process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => {
	process.exit();
});
