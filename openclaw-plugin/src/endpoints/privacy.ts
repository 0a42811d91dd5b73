import { REDACTED } from '../events/redactSecrets';
import { ANY_KEY, isObject, privacySteps, readPrivacy } from '../protocol';
import type { PrivacyConfig } from '../protocol';

/** How a value is hidden. */
type Hiding = 'omit' | 'redact';

/** What an endpoint does not see: its paths, as a tree that is walked along with an event. */
interface Step {
	hiding?: Hiding;
	readonly next: Map<string, Step>;
}

/** What an endpoint sees of events. */
export interface View {
	readonly root: Step;
}

/** How an endpoint sees one value: hidden as a whole, or the paths that lead on into it. */
type Sight = Hiding | readonly Step[];

const NOT_SHOWN = Symbol('not shown');
/** Views of the settings that endpoints have now. */
const compiled = new WeakMap<object, View | undefined>();
const SEES_NOTHING: PrivacyConfig = { omit: ['data.*'] };

/**
 * Prepares what an endpoint sees; once for each settings object.
 *
 * @param privacy of the endpoint's settings; a damaged one hides all
 * @returns undefined for one that sees all
 */
export function viewOf(privacy: unknown): View | undefined {
	if (privacy === undefined) return undefined;
	if (!isObject(privacy)) return compile(SEES_NOTHING);
	if (!compiled.has(privacy)) compiled.set(privacy, compile(checked(privacy)));
	return compiled.get(privacy);
}

/**
 * The same from a row of `endpoints`.
 *
 * @param settings JSON
 */
export function viewOfSettings(settings: unknown): View | undefined {
	try {
		const read: unknown = JSON.parse(String(settings));
		return viewOf(isObject(read) ? read.privacy : null);
	} catch {
		return viewOf(null);
	}
}

/** What the database holds was checked when it was written, and may have been changed since. */
function checked(privacy: unknown): PrivacyConfig {
	const field = { value: privacy, path: [], issues: [] };
	const read = readPrivacy(field);
	return read === undefined || field.issues.length > 0 ? SEES_NOTHING : read;
}

function compile({ omit, redact }: PrivacyConfig): View | undefined {
	const root: Step = { next: new Map() };
	const add = (keys: readonly string[], hiding: Hiding) => {
		let step = root;
		for (const key of keys) {
			const next: Step = step.next.get(key) ?? { next: new Map() };
			step.next.set(key, next);
			step = next;
		}
		step.hiding = hiding;
	};
	for (const keys of privacySteps(redact)) add(keys, 'redact');
	// Where both are wanted, less is shown.
	for (const keys of privacySteps(omit)) add(keys, 'omit');
	return root.next.size === 0 ? undefined : { root };
}

/**
 * Hides in an event what none of some endpoints sees: with one of them, what that one is sent; with all
 * that take the event, what has to be kept of it. An entry of a list becomes null, so that the others keep
 * their places. What is hidden already stays so.
 *
 * @param body the event as JSON
 * @param views of the endpoints, undefined for one that sees all
 * @example
 * showBody(event.body, [viewOf({ omit: ['data.message.content'] })]);
 */
export function showBody(body: string, views: readonly (View | undefined)[]): string {
	const sights: Sight[] = [];
	for (const view of views) {
		if (view === undefined) return body;
		sights.push([view.root]);
	}
	return sights.length === 0 ? body : JSON.stringify(show(JSON.parse(body), sights));
}

function show(value: unknown, sights: readonly Sight[]): unknown {
	if (sights.every((sight) => typeof sight === 'string')) {
		return sights.every((sight) => sight === 'omit') ? NOT_SHOWN : REDACTED;
	}
	if (sights.some((sight) => sight.length === 0)) return value;
	if (Array.isArray(value)) {
		return value.map((entry: unknown, index) => {
			const shown = show(entry, lookInto(sights, String(index)));
			return shown === NOT_SHOWN ? null : shown;
		});
	}
	if (!isObject(value)) return value;
	const entries = Object.entries(value).flatMap(([key, inner]) => {
		const shown = show(inner, lookInto(sights, key));
		return shown === NOT_SHOWN ? [] : [[key, shown] as const];
	});
	return Object.fromEntries(entries);
}

function lookInto(sights: readonly Sight[], key: string): readonly Sight[] {
	return sights.map((sight) => {
		if (typeof sight === 'string') return sight;
		const steps = sight.flatMap(({ next }) =>
			[next.get(key), next.get(ANY_KEY)].filter((step) => step !== undefined),
		);
		if (steps.some(({ hiding }) => hiding === 'omit')) return 'omit';
		return steps.some(({ hiding }) => hiding === 'redact') ? 'redact' : steps;
	});
}

/** Whether an endpoint does not see a value; `keys` as in `['data', 'userId']`. */
export function isHidden(view: View | undefined, keys: readonly string[]): boolean {
	let sights: readonly Sight[] = view === undefined ? [[]] : [[view.root]];
	for (const key of keys) sights = lookInto(sights, key);
	return sights.some((sight) => typeof sight === 'string');
}
