/** A value of a header or of the query, without blanks around it; undefined when there is nothing left. */
export function textOf(value: string | readonly string[] | null | undefined): string | undefined {
	const text = typeof value === 'string' ? value.trim() : value?.join(', ').trim();
	return text === undefined || text === '' ? undefined : text;
}
