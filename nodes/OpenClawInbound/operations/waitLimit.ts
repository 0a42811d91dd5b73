import { WAIT_INDEFINITELY } from 'n8n-workflow';

import type { UserMessage } from '../../shared/gatewayConnection';
import { isLuxonDate } from '../../shared/n8nInternals';
import { ownProperty } from '../../shared/parameterValues';

const UNIT_MS = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;

/** The largest time that a JavaScript date can hold. */
const MAX_TIME_MS = 8.64e15;

export type WaitLimit =
	| { readonly ok: true; readonly until: Date }
	| { readonly ok: false; readonly reason: UserMessage };

/**
 * Reads the option 'Limit Wait Time', which has the form that n8n's own nodes give it.
 *
 * @param value `{ values: { limitType, resumeAmount, resumeUnit, maxDateAndTime } }`; without it there is
 *   no limit
 * @param now milliseconds since 1970
 * @returns until when the execution waits, or what has to be changed
 * @example
 * readWaitLimit({ values: { resumeAmount: 5, resumeUnit: 'minutes' } }, Date.now());
 */
export function readWaitLimit(value: unknown, now: number): WaitLimit {
	const values = ownProperty(value, 'values');
	if (values === undefined) return { ok: true, until: WAIT_INDEFINITELY };
	const type = ownProperty(values, 'limitType') ?? 'afterTimeInterval';
	if (type === 'atSpecifiedTime') {
		const until = toDate(ownProperty(values, 'maxDateAndTime'));
		if (until === undefined) return NO_TIME;
		return until.getTime() > now ? { ok: true, until } : OVER;
	}
	if (type !== 'afterTimeInterval') return NO_TYPE;
	const unit = ownProperty(values, 'resumeUnit') ?? 'hours';
	const amount = Number(ownProperty(values, 'resumeAmount') ?? 1);
	const milliseconds = isUnit(unit) ? amount * UNIT_MS[unit] : Number.NaN;
	if (!(milliseconds > 0 && now + milliseconds <= MAX_TIME_MS)) return NO_AMOUNT;
	return { ok: true, until: new Date(now + milliseconds) };
}

const NO_TIME: WaitLimit = {
	ok: false,
	reason: {
		message: "'Max Date and Time' of 'Limit Wait Time' is not a date",
		description: 'Choose a date and time, or use an expression that gives one.',
	},
};

const OVER: WaitLimit = {
	ok: false,
	reason: {
		message: "'Max Date and Time' of 'Limit Wait Time' is over already",
		description: 'Choose a date and time to come, or use an expression that gives one.',
	},
};

const NO_TYPE: WaitLimit = {
	ok: false,
	reason: {
		message:
			"'Limit Type' of 'Limit Wait Time' is neither 'afterTimeInterval' nor 'atSpecifiedTime'",
		description: 'Choose one of the two, or change the expression so that it gives one.',
	},
};

const NO_AMOUNT: WaitLimit = {
	ok: false,
	reason: {
		message: "'Amount' of 'Limit Wait Time' is not a number above 0",
		description: 'Enter how long to wait at most, or remove the option to wait without a limit.',
	},
};

function isUnit(unit: unknown): unit is keyof typeof UNIT_MS {
	return typeof unit === 'string' && Object.hasOwn(UNIT_MS, unit);
}

/** An expression may give a text, milliseconds, or one of n8n's own dates. */
function toDate(value: unknown): Date | undefined {
	const text = typeof value === 'number' ? value : textOf(value);
	if (text === '') return undefined;
	const date = new Date(text);
	return Number.isNaN(date.getTime()) ? undefined : date;
}

function textOf(value: unknown): string {
	if (typeof value === 'string') return value.trim();
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
	return isLuxonDate(value) ? value.toString() : '';
}
