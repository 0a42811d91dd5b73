import { isObject } from './jsonObject';
import type { JsonObject } from './jsonObject';

/** Nothing but names of the environment: not secret. */
const REFERENCES = /^(?:\$\{\w+\}\s*)+$/;

/**
 * Makes a function that replaces what is secret in a plugin's entry: signing secrets, values of
 * headers, and passwords and queries of URLs. Equal secrets get equal numbers, so that a comparison
 * shows where one has changed.
 *
 * @example
 * const mask = createMask();
 * mask({ config: { endpoints: [{ secret: 'whsec_x' }] } }); // … { secret: '(hidden #1)' }
 */
export function createMask(): (entry: JsonObject) => JsonObject {
	const numbers = new Map<string, number>();
	const hide = (value: unknown): unknown => {
		if (typeof value !== 'string' || REFERENCES.test(value)) return value;
		const number = numbers.get(value) ?? numbers.size + 1;
		numbers.set(value, number);
		return `(hidden #${String(number)})`;
	};
	const maskEndpoint = (endpoint: unknown): unknown => {
		if (!isObject(endpoint)) return endpoint;
		const masked = { ...endpoint };
		if ('secret' in masked) masked.secret = hide(masked.secret);
		if (typeof masked.url === 'string') masked.url = hideInUrl(masked.url, hide);
		if (isObject(masked.headers)) {
			masked.headers = Object.fromEntries(
				Object.entries(masked.headers).map(([name, value]) => [name, hide(value)]),
			);
		}
		return masked;
	};
	return (entry) => {
		const { config } = entry;
		if (!isObject(config) || !Array.isArray(config.endpoints)) return entry;
		return { ...entry, config: { ...config, endpoints: config.endpoints.map(maskEndpoint) } };
	};
}

function hideInUrl(url: string, hide: (value: unknown) => unknown): string {
	return url
		.replace(/(?<=:\/\/[^/?#@]*:)[^/?#@]+(?=@)/, (password) => String(hide(password)))
		.replace(/(?<=\?)[^#]+/, (query) => String(hide(query)));
}
