import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A receiver in a process of its own: it reads each request and answers like an n8n trigger.
const ANSWER = '{"received":true}';

const server = createServer((request, response) => {
	request.resume().once('end', () => {
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
