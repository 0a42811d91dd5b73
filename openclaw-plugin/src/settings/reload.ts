import { PLUGIN_ID } from '../protocol';

const CONFIG = `plugins.entries.${PLUGIN_ID}.config`;

/** The first OpenClaw that restarts a service when its settings change. */
const SINCE = [2026, 9, 2] as const;

/** Which changes of the gateway's configuration need no replacement of the plugin. */
export interface ReloadRules {
	/** The gateway does nothing but restart services. */
	readonly hotPrefixes: readonly string[];
	/** The service is restarted with the new configuration. */
	readonly servicePrefixes: readonly string[];
}

/**
 * A gateway refuses to replace a plugin while an agent is at work; it restarts a service at any time.
 *
 * @param version of OpenClaw, such as `2026.9.6`
 * @returns undefined where only a replacement applies settings
 * @see https://docs.openclaw.ai/plugins/sdk-runtime
 */
export function reloadRules(version: string | undefined): ReloadRules | undefined {
	if (version === undefined || !isSince(version)) return undefined;
	return { hotPrefixes: [CONFIG], servicePrefixes: [CONFIG, 'agents.entries'] };
}

function isSince(version: string): boolean {
	const parts = version.split(/[.-]/).map(Number);
	for (const [index, least] of SINCE.entries()) {
		const part = parts[index] ?? Number.NaN;
		if (part !== least) return part > least;
	}
	return true;
}
