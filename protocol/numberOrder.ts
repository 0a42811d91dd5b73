import { scalarText } from './scalarText';

/**
 * Compares two numbers digit by digit, however each is written: as a number or as a text, of any length.
 *
 * @returns below 0 when the first is the smaller one; undefined when one of the two is no number
 * @example
 * numberOrder('9007199254740993', '9007199254740992'); // 1
 */
export function numberOrder(first: unknown, second: unknown): number | undefined {
	const [left, right] = [numberText(first), numberText(second)];
	if (left === undefined || right === undefined) return undefined;
	const difference = Number(left) - Number(right);
	// Rounding keeps the order, but makes different numbers the same.
	return difference === 0 ? exactOrder(left, right) : difference;
}

function numberText(value: unknown): string | undefined {
	const text = typeof value === 'boolean' ? '' : (scalarText(value)?.trim() ?? '');
	return text === '' || Number.isNaN(Number(text)) ? undefined : text;
}

const DECIMAL = /^[+-]?\d*\.?\d*(?:e[+-]?\d{1,3})?$/i;
/** Longer ones are not worth the time. */
const MAX_LENGTH = 400;

function exactOrder(left: string, right: string): number {
	const [first, second] = [readDecimal(left), readDecimal(right)];
	if (first === undefined || second === undefined) return 0;
	const places = Math.max(first.places, second.places);
	const scaled = (number: typeof first) => number.digits * 10n ** BigInt(places - number.places);
	const difference = scaled(first) - scaled(second);
	return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** A decimal number as an integer and how many of its digits stand behind the point. */
function readDecimal(text: string): { digits: bigint; places: number } | undefined {
	if (text.length > MAX_LENGTH || !DECIMAL.test(text)) return undefined;
	const mantissa = text.replace(/e.*$/i, '');
	const exponent = Number(text.slice(mantissa.length + 1));
	const point = mantissa.indexOf('.');
	const places = point === -1 ? 0 : mantissa.length - 1 - point;
	return { digits: BigInt(mantissa.replace('.', '')), places: places - exponent };
}
