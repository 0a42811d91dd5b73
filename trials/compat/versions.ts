import { PINNED_VERSIONS, type RuntimeVersions } from '../../testbed/runtimeVersions';

/** One line of the compatibility matrix: a version of a program, and why that one. */
export interface ProgramVersion {
	readonly program: keyof RuntimeVersions;
	readonly version: string;
	readonly which: string;
}

/** Names of the programs as people write them. */
export const TITLES = { n8n: 'n8n', openclaw: 'OpenClaw' } as const satisfies Record<
	keyof RuntimeVersions,
	string
>;

/** What is tried, in the order of the table. */
export const VERSIONS: readonly ProgramVersion[] = [
	{ program: 'n8n', version: '1.123.81', which: 'last 1.x' },
	{ program: 'n8n', version: '2.0.0', which: 'oldest 2.x' },
	{ program: 'n8n', version: PINNED_VERSIONS.n8n, which: 'pinned' },
	{ program: 'n8n', version: '2.41.3', which: 'newest' },
	{ program: 'openclaw', version: '2026.9.1', which: 'oldest 2026.9' },
	{ program: 'openclaw', version: PINNED_VERSIONS.openclaw, which: 'pinned, newest' },
];

/** How a version is named on the command line. */
export const nameOf = ({ program, version }: ProgramVersion): string => `${program}@${version}`;

/**
 * The versions that the command line names; all of them when it names none.
 *
 * @throws Error for a name that isn't in the list
 * @example
 * chooseVersions(['n8n@2.0.0', 'openclaw@2026.9.1']);
 */
export function chooseVersions(names: readonly string[]): readonly ProgramVersion[] {
	if (names.length === 0) return VERSIONS;
	return names.map((name) => {
		const found = VERSIONS.find((one) => nameOf(one) === name);
		if (found !== undefined) return found;
		throw new Error(`'${name}' is none of ${VERSIONS.map(nameOf).join(', ')}`);
	});
}
