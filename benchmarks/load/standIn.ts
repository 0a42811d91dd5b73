import { textAt, tryParseJson } from '../../testbed/json';
import { readBody, startLocalServer } from '../../testbed/localServer';
import type { StandInCount, StandInMessage } from './messages';

const ANSWER = JSON.stringify({ ok: true, runId: '7d1f6c1e-6f0e-4f35-9a1b-2f7c3f1d0b11' });

let requests = 0;
const messages = new Set<string>();

function send(message: StandInMessage): void {
	process.send?.(message);
}

process.on('message', () => {
	const count: StandInCount = { requests, differentMessages: messages.size };
	requests = 0;
	messages.clear();
	send({ kind: 'count', count });
});
process.on('disconnect', () => process.exit());

void startLocalServer((request, response) => {
	void readBody(request).then((body) => {
		requests += 1;
		messages.add(textAt(tryParseJson(body.toString('utf8')), 'message'));
		response.writeHead(200, {
			'content-type': 'application/json',
			'content-length': String(ANSWER.length),
		});
		response.end(ANSWER);
	});
}).then(({ url }) => {
	send({ kind: 'ready', url });
});
