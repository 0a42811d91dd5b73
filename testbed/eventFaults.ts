import Ajv from 'ajv';
import { isKnownEventType, type EventType } from '../protocol';
import { eventSchema } from '../protocol/schema/events';
import { isObject } from './json';

const ajv = new Ajv({ allErrors: true });
const checks = new Map<EventType, ReturnType<typeof ajv.compile>>();

/** What is wrong with the body of a request as an event of this plugin; nothing when it is sound. */
export function faultsOf(body: unknown): readonly string[] {
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
