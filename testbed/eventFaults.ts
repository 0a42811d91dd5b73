import Ajv from 'ajv';
import { TEST_TYPE } from '../openclaw-plugin/src/endpoints/testEvent';
import { CALLBACK_TYPE } from '../openclaw-plugin/src/inbound/callback';
import { ANSWER_TYPE } from '../openclaw-plugin/src/reviews/reviews';
import { isKnownEventType, type EventType } from '../protocol';
import { eventSchema } from '../protocol/schema/events';
import { isObject } from './json';

const ajv = new Ajv({ allErrors: true });
const checks = new Map<EventType, ReturnType<typeof ajv.compile>>();
/** What is sent to who has asked for it, and to nobody else; nobody subscribes to it. */
const UNSUBSCRIBED: readonly unknown[] = [TEST_TYPE, CALLBACK_TYPE, ANSWER_TYPE];
const ENVELOPE = ['id', 'type', 'timestamp', 'instanceId', 'data'];

/** What is wrong with the body of a request as an event of this plugin; nothing when it is sound. */
export function faultsOf(body: unknown): readonly string[] {
	if (isObject(body) && UNSUBSCRIBED.includes(body.type)) return [];
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

/** Whether a body has the shape of an event: what a transform has made of one has not. */
export function isEvent(body: unknown): boolean {
	return isObject(body) && ENVELOPE.every((name) => name in body);
}
