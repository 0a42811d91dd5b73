/** The types of the events that are kept; the index is asked for the next one after each one found. */
const KEPT_TYPES = `WITH RECURSIVE kept (type) AS (
		SELECT min(type) FROM events
		UNION ALL
		SELECT (SELECT min(type) FROM events WHERE type > kept.type) FROM kept WHERE kept.type IS NOT NULL
	)
	SELECT type FROM kept WHERE type IS NOT NULL`;

/**
 * The condition that the table `e` is the event with a given id, as a part of SQL. One index serves types and
 * ids, as a hook waits for each page that its event is written to; by id alone it is asked under each type.
 *
 * @param ids what the id is compared with
 * @example
 * database.prepare(`SELECT seq FROM events e WHERE ${hasId('= ?')}`).get('evt_…');
 */
export function hasId(ids: string): string {
	return `e.type IN (${KEPT_TYPES}) AND e.id ${ids}`;
}
