/** Shorter runs hold no secret, and there are many of them. */
const MIN_BASE64 = 24;
const MIN_HEX = 32;

const BASE64_RUN = new RegExp(`[A-Za-z0-9+/_-]{${String(MIN_BASE64)},}`, 'g');
const HEX_RUN = new RegExp(`[0-9a-fA-F]{${String(MIN_HEX)},}`, 'g');

/** A text as somebody could read it who looks for what is hidden in it. */
export interface View {
	/** How it was made: `plain`, `unescaped`, `URL-decoded`, `Base64`, `hex`. */
	readonly form: string;
	readonly text: string;
}

/**
 * All ways to read a text: as it is, without the escapes of JSON (nested ones too, which covers flatted
 * data), without those of URLs, and what Base64 and hexadecimal digits in it stand for.
 *
 * @example
 * viewsOf('{"a":"d2hzZWNfYWJjZGVmZ2hpamtsbW5vcA"}').map(({ form }) => form); // plain, Base64
 */
export function viewsOf(text: string): readonly View[] {
	const readable = [
		{ form: 'plain', text },
		{ form: 'unescaped', text: unescapeJson(text) },
		{ form: 'URL-decoded', text: decodeUrl(text) },
	];
	const others = [
		{ form: 'Base64', text: decodeBase64(text) },
		{ form: 'hex', text: decodeHex(text) },
	];
	return [...readable, ...others].filter((view, index) => index === 0 || isNews(view.text, text));
}

function isNews(view: string, text: string): boolean {
	return view !== '' && view !== text;
}

function unescapeJson(text: string): string {
	return text
		.replace(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
		.replace(/\\+([/"'])/g, '$1');
}

function decodeUrl(text: string): string {
	// Twice, as a URL in a query has its escapes escaped.
	const once = (source: string) =>
		source.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) =>
			String.fromCharCode(parseInt(code, 16)),
		);
	return once(once(text));
}

/** What was encoded may begin anywhere in the run: each of the four places gives a text of its own. */
function decodeBase64(text: string): string {
	const decoded: string[] = [];
	for (const [run] of unescapeJson(text).matchAll(BASE64_RUN)) {
		for (let start = 0; start < 4; start += 1) {
			decoded.push(Buffer.from(run.slice(start), 'base64').toString('latin1'));
		}
	}
	return decoded.join('\n');
}

function decodeHex(text: string): string {
	const decoded: string[] = [];
	for (const [run] of text.matchAll(HEX_RUN)) {
		for (const start of [0, 1]) {
			decoded.push(Buffer.from(run.slice(start), 'hex').toString('latin1'));
		}
	}
	return decoded.join('\n');
}
