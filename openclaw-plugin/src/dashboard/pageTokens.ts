import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { processState } from '../processState';

/** What the holder of a page's token may do. */
export type PageRight = 'view' | 'replay';

/** What a page proves with that the gateway has let its viewer in. */
export interface PageTokens {
	/** For a page that is being served. */
	issue(right: PageRight): string;
	/** What a token allows; undefined when it is none, or its time is over. */
	check(token: string): PageRight | undefined;
	/**
	 * The same for five minutes more. After an hour the token that is returned ends when the old one
	 * does: the page has to be loaded anew, and the gateway to decide anew.
	 */
	renew(token: string): string | undefined;
}

const LIFE_MS = 300_000;
const MAX_PAGE_AGE_MS = 3_600_000;
const KEY_BYTES = 32;
const TOKEN = /^(view|replay)\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{43})$/;

/** One key per process, whichever instance of the plugin serves the page. */
const pageKey = () => processState('dashboard-key/1', () => ({ bytes: randomBytes(KEY_BYTES) }));

/**
 * Makes and checks tokens `<right>.<page served at>.<ends at>.<MAC>`. They are worth nothing after the
 * end of the process.
 *
 * @param now milliseconds since 1970
 */
export function createPageTokens(now: () => number = Date.now): PageTokens {
	const write = (right: PageRight, servedAt: number, endsAt: number): string => {
		const content = `${right}.${servedAt.toString(36)}.${endsAt.toString(36)}`;
		return `${content}.${macOf(content)}`;
	};
	const read = (token: string) => {
		const [, right, servedAt, endsAt, mac] = TOKEN.exec(token) ?? [];
		if (right === undefined || servedAt === undefined || endsAt === undefined) return undefined;
		const expected = Buffer.from(macOf(`${right}.${servedAt}.${endsAt}`));
		if (!timingSafeEqual(expected, Buffer.from(mac ?? ''))) return undefined;
		const end = Number.parseInt(endsAt, 36);
		if (end <= now()) return undefined;
		return { right: right as PageRight, servedAt: Number.parseInt(servedAt, 36) };
	};
	return {
		issue: (right) => write(right, now(), now() + LIFE_MS),
		check: (token) => read(token)?.right,
		renew: (token) => {
			const known = read(token);
			if (known === undefined) return undefined;
			const { right, servedAt } = known;
			return now() - servedAt >= MAX_PAGE_AGE_MS ? token : write(right, servedAt, now() + LIFE_MS);
		},
	};
}

function macOf(content: string): string {
	return createHmac('sha256', pageKey().bytes).update(content).digest('base64url');
}
