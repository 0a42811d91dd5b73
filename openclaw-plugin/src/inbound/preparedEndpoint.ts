import { refuse } from '../http/answers';
import type { Refusal } from '../http/answers';
import { parseTemplate, readWhole, renderTemplate } from '../protocol';
import type { Condition, InboundEndpointConfig, Scalar, Template } from '../protocol';
import type { InboundSettings } from '../settings/settings';
import type { MessageMaker } from './call';
import { createTemplateWriter, createValueReader, endpointSession } from './messageText';
import { createSenderGate } from './senderCall';
import type { SenderGate } from './senderCall';

/** An endpoint of the settings, ready to take messages. */
export type PreparedEndpoint =
	| {
			readonly kind: 'usable';
			readonly agentId: string;
			readonly template: string;
			readonly maker: MessageMaker;
			/** Lets in who signs its calls; without it only those with a token. */
			readonly senderGate?: SenderGate;
	  }
	| { readonly kind: 'faulty' };

/** Makes of the settings what each request needs: templates are read and keys made once. */
export function prepareEndpoints(
	configured: InboundSettings['endpoints'],
	now: () => number,
): ReadonlyMap<string, PreparedEndpoint> {
	return new Map(
		Object.entries(configured).map(([name, endpoint]): [string, PreparedEndpoint] => {
			if (endpoint.kind === 'faulty') return [name, { kind: 'faulty' }];
			const { kind, agentId, template, auth } = endpoint;
			const maker = createMaker({ name, ...endpoint });
			const senderGate = auth === undefined ? {} : { senderGate: createSenderGate(auth, now) };
			return [name, { kind, agentId, template, maker, ...senderGate }];
		}),
	);
}

function createMaker(endpoint: InboundEndpointConfig & { readonly name: string }): MessageMaker {
	const write = createTemplateWriter(endpoint);
	const readValues = createValueReader(endpoint);
	const { when, map } = endpoint;
	const findUnmet = when === undefined ? undefined : createConditions(when);
	return {
		write,
		...(findUnmet === undefined ? {} : { findUnmet: (input) => findUnmet(readValues(input)) }),
		...(map === undefined ? {} : { listItems: createItemReader(map) }),
	};
}

/** Finds the first condition that a call does not meet. @returns what it is, without any value of the call */
type FindUnmet = (values: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Prepares the conditions of an inbound endpoint.
 *
 * @example
 * const findUnmet = createConditions([{ path: 'body.action', in: ['opened'] }]);
 * findUnmet({ body: { action: 'closed' } }); // "'body.action' is not 'opened'"
 */
export function createConditions(conditions: readonly Condition[]): FindUnmet {
	const prepared = conditions.map((condition) => {
		// The settings were checked, so it can be read; should it not be, nothing is there.
		const parsed = parseTemplate(`{{${condition.path}}}`);
		return { condition, template: parsed.ok ? parsed.template : undefined };
	});
	return (values) => {
		const unmet = prepared.find(
			({ condition, template }) => !isMet(condition, readScalar(template, values)),
		);
		return unmet === undefined ? undefined : describeUnmet(unmet.condition);
	};
}

/** A value as text; `null` where there is none. */
function readScalar(
	template: Template | undefined,
	values: Readonly<Record<string, unknown>>,
): string | null {
	const rendered = template === undefined ? undefined : renderTemplate(template, values);
	return rendered?.ok === true && rendered.missingPaths.length === 0 ? rendered.text : null;
}

function isMet(condition: Condition, text: string | null): boolean {
	if ('exists' in condition) return condition.exists === (text !== null);
	return text !== null && condition.in.some((expected) => isSame(text, expected));
}

/** A number is the same with other digits, such as 1 and 1.0. */
function isSame(text: string, expected: Scalar): boolean {
	if (text === String(expected)) return true;
	return typeof expected === 'number' && text.trim() !== '' && Number(text) === expected;
}

function describeUnmet(condition: Condition): string {
	const { path } = condition;
	if ('exists' in condition) {
		return condition.exists ? `'${path}' is missing` : `'${path}' is there`;
	}
	const values = condition.in.map((value) => `'${String(value)}'`);
	return values.length === 1
		? `'${path}' is not ${String(values[0])}`
		: `'${path}' is none of ${values.slice(0, 5).join(', ')}${values.length > 5 ? ', …' : ''}`;
}

/** Elements that one call may have: each is a run of an agent. */
const MAX_ITEMS = 50;

function createItemReader(path: string): NonNullable<MessageMaker['listItems']> {
	const parsed = parseTemplate(`{{${path}}}`);
	return ({ body }) => {
		const read = parsed.ok ? readWhole(parsed.template, { body }) : undefined;
		const value = read?.ok === true ? read.value : undefined;
		if (!Array.isArray(value)) return refuse(noList(path));
		const items: readonly unknown[] = value;
		return items.length > MAX_ITEMS ? refuse(tooManyItems(path)) : { ok: true, value: items };
	};
}

function noList(path: string): Refusal {
	return {
		status: 422,
		code: 'missing-values',
		message: `The request has no list at ${path}, of whose elements messages are made`,
		paths: [path],
	};
}

function tooManyItems(path: string): Refusal {
	return {
		status: 413,
		code: 'too-many-items',
		message: `The list at ${path} has more than ${String(MAX_ITEMS)} elements. Send them in several calls`,
		path,
	};
}

/** The sessions of all inbound endpoints: no caller of one writes into that of another. */
export function listSessions(
	configured: InboundSettings['endpoints'],
): readonly (readonly [name: string, session: string])[] {
	return Object.entries(configured).flatMap(([name, endpoint]) =>
		endpoint.kind === 'usable'
			? [[name, endpointSession({ name, agentId: endpoint.agentId })] as const]
			: [],
	);
}
