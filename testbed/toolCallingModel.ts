import type { Answer, ReceivedRequest } from './httpSink';
import { listAt, textAt, type JsonObject } from './json';

/**
 * Answers as a language model (OpenAI's chat completions) that calls the one tool it was given, and then repeats what
 * it was told of the call.
 *
 * @param args of the call
 * @param intro stands before what it repeats
 * @see https://platform.openai.com/docs/api-reference/chat/object
 * @example
 * sink.answerBy((request) => callTool(request, { title: 'Disk full' }, 'The tool said'));
 */
export function callTool({ json }: ReceivedRequest, args: JsonObject, intro: string): Answer {
	const result = listAt(json, 'messages').find((message) => textAt(message, 'role') === 'tool');
	const call = {
		name: textAt(listAt(json, 'tools')[0], 'function', 'name'),
		arguments: JSON.stringify(args),
	};
	const asks = {
		role: 'assistant',
		content: null,
		tool_calls: [{ id: 'call_1', type: 'function', function: call }],
	};
	const [message, finish_reason] =
		result === undefined
			? [asks, 'tool_calls']
			: [{ role: 'assistant', content: `${intro} ${textAt(result, 'content')}` }, 'stop'];
	return {
		body: {
			id: 'chatcmpl-1',
			object: 'chat.completion',
			created: 1,
			model: 'scripted',
			choices: [{ index: 0, message, finish_reason }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		},
	};
}
