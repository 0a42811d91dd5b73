/** The versions of the two programs that a run is about. */
export interface RuntimeVersions {
	readonly n8n: string;
	readonly openclaw: string;
}

/** The versions that the lock files in `testbed/runtime/` belong to. */
export const PINNED_VERSIONS: RuntimeVersions = { n8n: '2.41.1', openclaw: '2026.9.6' };

/** Environment variables that choose another version, by program. */
export const VERSION_VARIABLES = {
	n8n: 'OPENCLAW_WEBHOOKS_N8N_VERSION',
	openclaw: 'OPENCLAW_WEBHOOKS_OPENCLAW_VERSION',
} as const satisfies Record<keyof RuntimeVersions, string>;

function chosen(program: keyof RuntimeVersions): string {
	const variable = VERSION_VARIABLES[program];
	const version = process.env[variable] ?? '';
	if (version === '') return PINNED_VERSIONS[program];
	// It becomes the name of a folder.
	if (!/^\d[\w.-]*$/.test(version)) throw new Error(`${variable} holds no version: '${version}'`);
	return version;
}

/** The versions that the environment chooses; the pinned ones by default. */
export function chosenVersions(): RuntimeVersions {
	return { n8n: chosen('n8n'), openclaw: chosen('openclaw') };
}
