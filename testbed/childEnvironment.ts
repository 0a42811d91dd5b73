import { delimiter } from 'node:path';

/**
 * What a child process may inherit. Everything else stays out, because `npm run`, `tsx` and `jest`
 * export settings (`npm_config_ignore_scripts`, `NODE_ENV=test`, `NODE_OPTIONS`, …) that would change
 * how npm, n8n and OpenClaw behave.
 */
const INHERITED = [
	/^(HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TERM|DISPLAY|XDG_RUNTIME_DIR|PYENV_.*)$/,
	/^(https?_proxy|no_proxy|all_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i,
	/^npm_config_(registry|userconfig|globalconfig|cache|proxy|https_proxy|noproxy|ca|cafile|strict_ssl)$/i,
	/^npm_config_(.*auth.*|@.*)$/i,
];

function searchPath(first: readonly string[]): string {
	const inherited = (process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin')
		.split(delimiter)
		// Folders that the outer `npm run` put there: their binaries belong to this repository.
		.filter((folder) => !/node_modules[\\/](\.bin|npm|@npmcli)|node-gyp-bin/.test(folder));
	return [...first, ...inherited].join(delimiter);
}

/**
 * Builds the environment of a child process from an allow list.
 *
 * @param extra variables set on top
 * @param pathFirst folders that lead `PATH`
 * @example
 * spawn('npm', ['install'], { env: childEnvironment({}, [nodeBinFolder]) });
 */
export function childEnvironment(
	extra: Readonly<Record<string, string>> = {},
	pathFirst: readonly string[] = [],
): Record<string, string> {
	const inherited = Object.entries(process.env).filter(
		(entry): entry is [string, string] =>
			entry[1] !== undefined && INHERITED.some((pattern) => pattern.test(entry[0])),
	);
	return { ...Object.fromEntries(inherited), PATH: searchPath(pathFirst), ...extra };
}
