/** Words longer than this are compared no further: nobody mistypes a sentence. */
const MAX_LENGTH = 60;

/**
 * Finds the word that somebody probably meant: up to two letters wrong, swapped, missing or too many (more
 * in a long word), or the beginning of one.
 *
 * @param word as it was written
 * @param known the words there are, in the order in which they are preferred
 * @returns undefined where none is near
 * @example
 * nearestWord('message.recieved', ['message.received', 'message.sent']); // 'message.received'
 */
export function nearestWord<Word extends string>(
	word: string,
	known: readonly Word[],
): Word | undefined {
	const typed = word.trim().toLowerCase().slice(0, MAX_LENGTH);
	if (typed === '') return undefined;
	let nearest: Word | undefined;
	let least = Math.max(2, Math.floor(typed.length / 6)) + 1;
	for (const candidate of known) {
		const edits = countEdits(typed, candidate.toLowerCase());
		if (edits < least && edits < candidate.length) {
			nearest = candidate;
			least = edits;
		}
	}
	return nearest ?? known.find((candidate) => isBeginning(typed, candidate.toLowerCase()));
}

function isBeginning(typed: string, candidate: string): boolean {
	const [short, long] = typed.length < candidate.length ? [typed, candidate] : [candidate, typed];
	return short.length > 2 && long.startsWith(short);
}

/** Letters to add, remove, replace or swap with their neighbor until one word is the other. */
function countEdits(left: string, right: string): number {
	let beforeLast: readonly number[] = [];
	let last = [...Array(right.length + 1).keys()];
	for (let row = 1; row <= left.length; row += 1) {
		const current = [row];
		for (let column = 1; column <= right.length; column += 1) {
			const isSame = left[row - 1] === right[column - 1];
			const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
			current.push(
				Math.min(
					at(last, column) + 1,
					at(current, column - 1) + 1,
					at(last, column - 1) + (isSame ? 0 : 1),
					isSwapped ? at(beforeLast, column - 2) + 1 : Infinity,
				),
			);
		}
		beforeLast = last;
		last = current;
	}
	return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
	return Number(row[column]);
}
