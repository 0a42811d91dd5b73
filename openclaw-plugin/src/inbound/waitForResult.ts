import type { ServerResponse } from 'node:http';
import type { InboundMessage } from './message';
import type { MessageStore } from './messageStore';
import { countWaiting, waitForProgress } from './signals';

/** Requests that may wait at once; further ones are answered at once. */
const MAX_WAITING = 200;

/** How often the gateway may put a message off before that is as good as no reply. */
const MAX_TRIES = 2;

/**
 * Waits for the result of a message: until it is there, the time is over, whoever asked has gone, or
 * the gateway has put the message off several times, as it does when it is about to end.
 *
 * @returns the message as it is then; without a result when there is none
 */
export async function waitForResult(
	messages: MessageStore,
	message: InboundMessage,
	seconds: number,
	response: ServerResponse,
): Promise<InboundMessage> {
	if (message.result !== undefined || countWaiting() >= MAX_WAITING) return message;
	const gone = new AbortController();
	const onClose = () => {
		gone.abort();
	};
	response.once('close', onClose);
	const timer = setTimeout(onClose, seconds * 1000);
	try {
		for (;;) {
			await waitForProgress(message.runId, gone.signal);
			const current = messages.find(message.runId) ?? message;
			const isOver = gone.signal.aborted || current.tries > MAX_TRIES;
			if (current.result !== undefined || isOver) return current;
		}
	} finally {
		clearTimeout(timer);
		response.removeListener('close', onClose);
	}
}
