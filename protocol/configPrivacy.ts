import {
	addIssue,
	checkKeys,
	optional,
	readBoolean,
	readList,
	readText,
	suggest,
} from './configFields';
import type { Field } from './configFields';
import { findUnknownStep } from './schema/eventPaths';
import { TEMPLATE_LIMITS } from './template';
import { parsePath } from './templatePath';
import type { Path } from './templatePath';

/** What an endpoint is not to learn of events. Paths begin with `data`, as in templates. */
export interface PrivacyConfig {
	/** Values that are left out: `data.message.content`, `data.message.attachments[*].fileName`. */
	readonly omit?: readonly string[];
	/** Values that `"[redacted]"` stands for. */
	readonly redact?: readonly string[];
	/** Whether nothing but an event's id, type and time is kept once it was delivered. */
	readonly dropBodiesAfterDelivery?: boolean;
}

/** The keys, in the order in which they are written. */
export const PRIVACY_KEYS = [
	'omit',
	'redact',
	'dropBodiesAfterDelivery',
] as const satisfies readonly (keyof PrivacyConfig)[];

/** Looking for them costs time with each event. */
const MAX_PATHS = 100;
const ENVELOPE = ['id', 'type', 'timestamp', 'instanceId'] as const;
const RULES = {
	roots: [...ENVELOPE, 'data'],
	maxDepth: TEMPLATE_LIMITS.maxDepth,
	hasFormats: false,
	hasWildcards: true,
};

/** Reads an endpoint's `privacy`; paths that cannot be used are issues, and left out. */
export function readPrivacy(field: Field): PrivacyConfig | undefined {
	if (!checkKeys(field, PRIVACY_KEYS)) return undefined;
	return {
		...optional(field, 'omit', readPaths),
		...optional(field, 'redact', readPaths),
		...optional(field, 'dropBodiesAfterDelivery', readBoolean),
	};
}

function readPaths(field: Field): readonly string[] | undefined {
	const paths = readList(field, readPath);
	if (paths === undefined || paths.length <= MAX_PATHS) return paths;
	addIssue(field, `must have at most ${String(MAX_PATHS)} paths`);
	return paths;
}

function readPath(field: Field): string | undefined {
	const text = readText(field)?.trim();
	if (text === undefined) return undefined;
	const fault = describePathFault(text);
	if (fault === undefined) return text;
	addIssue(field, fault);
	return undefined;
}

/** What is wrong with a path, as the end of a sentence about it; undefined for one that can be used. */
function describePathFault(text: string): string | undefined {
	const parsed = parsePath(text, RULES);
	if (!parsed.ok) return `is a path that cannot be read ('${text}'): ${parsed.message}`;
	const { root, segments } = parsed.path;
	if (root !== 'data') {
		return `names '${root}', which cannot be left out or replaced: receivers tell events apart, and check them, by ${ENVELOPE.map((name) => `'${name}'`).join(', ')}. Name something in 'data'`;
	}
	if (segments.length === 0) {
		return "names 'data' itself, which receivers expect in each event. For all that is in it write 'data.*'";
	}
	const unknown = findUnknownStep(segments);
	if (unknown === undefined) return undefined;
	const step = String(segments[unknown.index]);
	const hint = unknown.known.length === 0 ? '' : `. ${suggest(step, unknown.known)}`;
	return `names '${text}', but no event has '${step}' there${hint}`;
}

/**
 * The parts of the paths of a setting that was checked; what cannot be read is passed over.
 *
 * @example
 * privacySteps(['data.message.content']); // [['data', 'message', 'content']]
 */
export function privacySteps(paths: readonly string[] = []): readonly (readonly string[])[] {
	return paths.flatMap((text) => {
		const parsed = parsePath(text, RULES);
		return parsed.ok ? [stepsOf(parsed.path)] : [];
	});
}

function stepsOf({ root, segments }: Path): readonly string[] {
	return [root, ...segments.map(String)];
}
