import Ajv from 'ajv';
import { TEST_TYPE } from '../openclaw-plugin/src/endpoints/testEvent';
import { CALLBACK_TYPE } from '../openclaw-plugin/src/inbound/callback';
import { ANSWER_TYPE } from '../openclaw-plugin/src/reviews/reviews';
import { isKnownEventType, RECEIVER_CHECK, type EventType } from '../protocol';
import { eventSchema } from '../protocol/schema/events';
import { isObject } from './json';

const ajv = new Ajv({ allErrors: true });
const checks = new Map<EventType, ReturnType<typeof ajv.compile>>();
/**
 * Types that no endpoint can name, so that nobody writes a workflow for what is in them but who has asked for it:
 * the try of an endpoint, which is to start nothing; the question which trigger is behind a URL, which is answered
 * and starts nothing; and the answers to a message and to a question for review, whose fields are those of the
 * request that they answer.
 */
const WITHOUT_SCHEMA: readonly unknown[] = [TEST_TYPE, RECEIVER_CHECK, CALLBACK_TYPE, ANSWER_TYPE];

/** What is wrong with the body of a request as an event of this plugin; nothing when it is sound. */
export function faultsOf(body: unknown): readonly string[] {
	if (isObject(body) && WITHOUT_SCHEMA.includes(body.type)) return [];
	if (!isObject(body) || !isKnownEventType(body.type)) return ['This is no event of a known type'];
	const { type } = body;
	const check = checks.get(type) ?? ajv.compile(eventSchema(type));
	checks.set(type, check);
	if (check(body) === true) return [];
	return (check.errors ?? []).map(
		({ dataPath, message, params }) =>
			`${type}${dataPath}: ${message ?? ''} ${JSON.stringify(params)}`,
	);
}
