import type { RuntimeVersions } from '../../testbed/runtimeVersions';

/**
 * The test files that show that our half works with a version of the other program. The editor's pages
 * and what only our own code decides are left out.
 */
const CORE: Readonly<Record<keyof RuntimeVersions, readonly string[]>> = {
	n8n: [
		'smoke',
		'trigger',
		'triggerFlow',
		'triggerRestart',
		'triggerSetup',
		'inboundStandIn',
		'inboundGateway',
		'inboundTool',
		'inboundWaiting',
	],
	openclaw: [
		'smoke',
		'inboundGateway',
		'pluginCli',
		'pluginDelivery',
		'pluginEvents',
		'pluginInbound',
		'pluginInboundDelivery',
		'pluginSdk',
		'pluginSettings',
	],
};

/** Patterns for jest that match the core's files and no others. */
export function coreOf(program: keyof RuntimeVersions): readonly string[] {
	return CORE[program].map((name) => `/e2e/${name}\\.e2e\\.test\\.ts$`);
}
