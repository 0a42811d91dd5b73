import { readTest, readScalar, TEST_KEYS } from './configCondition';
import type { Condition } from './configCondition';
import {
	addIssue,
	apart,
	checkKeys,
	child,
	findNear,
	nameIn,
	optional,
	ownNames,
	readInteger,
	readList,
	readNames,
	readText,
} from './configFields';
import type { Field, FieldIssue } from './configFields';
import { isObject } from './jsonObject';
import { TEMPLATE_LIMITS } from './template';
import { parsePath } from './templatePath';

/** Which tool calls wait until somebody allows them. */
export interface ApprovalRule {
	readonly name: string;
	/** Tools, as in the filters of endpoints: `*` stands for any text, a leading `!` leaves out. */
	readonly tools: readonly string[];
	/** Agents, in the same way; all when absent. */
	readonly agentIds?: readonly string[];
	/** All must hold. Paths begin with `params`. */
	readonly when?: readonly Condition[];
	/** For how long a call waits at most. */
	readonly timeoutSeconds: number;
}

/** A rule, or what is wrong with it and which calls it seems to be about. */
export type ApprovalPart =
	| { readonly ok: true; readonly rule: ApprovalRule }
	| {
			readonly ok: false;
			/** Its own, or such as `approvals[2]` where it has none or another rule has it already. */
			readonly name: string;
			/** Undefined where that cannot be read: any may be meant. */
			readonly tools: readonly string[] | undefined;
			/** Undefined for all, or where it cannot be read. */
			readonly agentIds: readonly string[] | undefined;
			readonly issues: readonly FieldIssue[];
	  };

/** The keys of a rule, in the order in which they are described. */
export const APPROVAL_KEYS = [
	'name',
	'tools',
	'agentIds',
	'when',
	'timeoutSeconds',
] as const satisfies readonly (keyof ApprovalRule)[];

/** The gateway lets nobody make it wait for longer. */
export const MAX_APPROVAL_SECONDS = 600;
const MIN_APPROVAL_SECONDS = 5;
const DEFAULT_APPROVAL_SECONDS = 300;
const MAX_CONDITIONS = 20;
const PATH_RULES = { roots: ['params'], maxDepth: TEMPLATE_LIMITS.maxDepth, hasFormats: false };

/** Reads `approvals`, rule by rule. Of what cannot be read it is said which calls it seems to be about. */
export function readApprovals(field: Field): readonly ApprovalPart[] {
	if (!Array.isArray(field.value)) {
		addIssue(field, 'must be a list');
		return [faulty(field, 'approvals', [])];
	}
	const nameOf = ownNames('rule');
	return field.value.map((_, index) => {
		const own = apart(child(field, index));
		const rule = readRule(own);
		const name = nameOf(own);
		if (rule !== undefined && own.issues.length === 0) return { ok: true, rule };
		return faulty(own, name ?? `approvals[${String(index)}]`, own.issues);
	});
}

/** What stands under a key that is probably meant to be `approvals`: no rule, but calls that somebody wants to be stopped. */
export function readMisspeltApprovals(value: unknown): readonly ApprovalPart[] {
	const rules: readonly unknown[] = Array.isArray(value) ? value : [value];
	return rules.map((rule, index) => {
		const name = nameIn(rule) ?? `approvals[${String(index)}]`;
		return faulty({ value: rule, path: [], issues: [] }, name, []);
	});
}

function readRule(field: Field): ApprovalRule | undefined {
	if (!checkKeys(field, APPROVAL_KEYS)) return undefined;
	const name = readText(child(field, 'name'));
	const tools = readPatterns(child(field, 'tools'));
	const rest = {
		...optional(field, 'agentIds', readPatterns),
		...optional(field, 'when', readWhen),
		timeoutSeconds: DEFAULT_APPROVAL_SECONDS,
		...optional(field, 'timeoutSeconds', (inner) =>
			readInteger(inner, MIN_APPROVAL_SECONDS, MAX_APPROVAL_SECONDS),
		),
	};
	return name === undefined || tools === undefined ? undefined : { name, tools, ...rest };
}

function readPatterns(field: Field): readonly string[] | undefined {
	const patterns = readList(field, (entry) => {
		const text = readText(entry)?.trim();
		if (text !== '!') return text;
		addIssue(entry, "names nothing: write '!' before what is to be left out");
		return undefined;
	});
	if (patterns?.length !== 0) return patterns;
	addIssue(field, 'must not be empty');
	return undefined;
}

/** `{ "params.amount": { over: 100 } }`; a value alone is `equals`. */
function readWhen(field: Field): readonly Condition[] | undefined {
	const paths = readNames(field);
	const conditions = paths.flatMap((path) => readTests(child(field, path), path));
	if (isObject(field.value) && (paths.length === 0 || conditions.length > MAX_CONDITIONS)) {
		addIssue(field, `must have from 1 to ${String(MAX_CONDITIONS)} conditions`);
	}
	return conditions;
}

function readTests(field: Field, path: string): readonly Condition[] {
	const parsed = parsePath(path, PATH_RULES);
	if (!parsed.ok || parsed.path.segments.length === 0) {
		addIssue(field, "stands under a key that must be a path such as 'params.amount'");
		return [];
	}
	if (!isObject(field.value)) {
		const value = readScalar(field);
		return value === undefined ? [] : [{ path, in: [value] }];
	}
	checkKeys(field, TEST_KEYS);
	const keys = TEST_KEYS.filter((key) => child(field, key).value !== undefined);
	if (keys.length === 0) {
		addIssue(field, `must have one of ${TEST_KEYS.map((name) => `'${name}'`).join(', ')}`);
	}
	return keys.flatMap((key) => readTest(child(field, key), key, path) ?? []);
}

function faulty(field: Field, name: string, issues: readonly FieldIssue[]): ApprovalPart {
	return {
		ok: false,
		name,
		tools: textsUnder(field.value, 'tools'),
		agentIds: textsUnder(field.value, 'agentIds'),
		issues,
	};
}

/** The texts of a list, or a text alone; undefined where there is anything else. */
function textsUnder(rule: unknown, key: 'tools' | 'agentIds'): readonly string[] | undefined {
	if (!isObject(rule)) return undefined;
	const value = Object.hasOwn(rule, key) ? rule[key] : findNear(rule, key, APPROVAL_KEYS);
	const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
	const texts = entries.filter((entry): entry is string => typeof entry === 'string');
	return texts.length === entries.length && !texts.some((text) => /^!?\s*$/.test(text))
		? texts.map((text) => text.trim())
		: undefined;
}
