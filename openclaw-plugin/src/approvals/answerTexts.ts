import type { Resolution } from './approval';

/** What agents read in the place of a tool's result, where the tool was not run. */

/** Why nobody was asked. */
export type Unaskable = 'nobody-asked' | 'not-stored' | 'too-large';

const UNASKABLE: Readonly<Record<Unaskable, string>> = {
	'nobody-asked':
		'it needs an approval, and there is nobody to be asked now. Do not try it again; tell the user that no workflow takes approval requests',
	'not-stored':
		'it needs an approval, and the request could not be stored. Do not try it again now; tell the user that the gateway has a fault',
	'too-large':
		'it needs an approval, and its parameters are too large to be shown to anybody. Try it with smaller ones',
};

export function describeUnaskable(tool: string, why: Unaskable): string {
	return `'${tool}' was not run: ${UNASKABLE[why]}.`;
}

/** Why a call was denied that has waited. */
export function describeDenial({
	tool,
	id,
	milliseconds,
	resolution: { by, reason, cause },
}: {
	readonly tool: string;
	readonly id: string;
	readonly milliseconds: number;
	readonly resolution: Resolution;
}): string {
	const head = `'${tool}' was not run: `;
	if (cause === 'expired') {
		const seconds = String(Math.round(milliseconds / 1000));
		return `${head}nobody has allowed it within ${seconds} seconds (${id}). Tell the user before you try it again.`;
	}
	if (cause !== undefined) return `${head}${reason ?? cause} (${id}).`;
	const who = by === undefined ? '' : ` by ${by}`;
	const why = reason === undefined ? '' : ` Reason: ${reason}`;
	return `${head}it was denied${who} (${id}).${why}`;
}

export function describeFaultyRule(tool: string, rule: string): string {
	return `'${tool}' was not run: the rule '${rule}' for approvals has a fault in the gateway's configuration, and denies it until that is mended. Tell the user.`;
}
