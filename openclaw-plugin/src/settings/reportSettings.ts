import { clearFault, listFaults, reportFault } from '../health/faults';
import type { Fault } from '../health/faults';
import type { GatewayAgent, InboundConfig } from '../protocol';
import type { Logger } from '../sdk';
import { describeFault, usableInbound } from './settings';
import type { Settings } from './settings';

/** What is looked at, and where to tell what is wrong. */
export interface SettingsReport {
	readonly folder: string;
	readonly settings: Settings;
	readonly logger: Logger;
}

/**
 * Makes known what is wrong with the settings, in the log and to the command line and the dashboard, and
 * forgets what was wrong before. To be called when they are applied.
 *
 * @param agents that the gateway has
 */
export function reportSettings(
	{ folder, settings, logger }: SettingsReport,
	agents: readonly GatewayAgent[],
): void {
	for (const { code, subject } of listFaults(folder)) {
		if (code === 'config') clearFault(folder, code, subject);
	}
	const report = (subject: string, severity: Fault['severity'], message: string) => {
		reportFault(folder, { code: 'config', subject, severity, message });
		if (severity === 'fault') logger.error(message);
		else logger.warn(message);
	};
	for (const fault of settings.faults) report(fault.path, 'fault', describeFault(fault));
	const inbound = { endpoints: usableInbound(settings.inbound) };
	for (const { path, message } of describeMissingAgents(inbound, agents)) {
		report(path, 'notice', message);
	}
}

/**
 * The inbound endpoints whose agent the gateway does not have: their messages would fail.
 *
 * @returns a sentence for each, with the key to change
 */
function describeMissingAgents(
	inbound: Pick<InboundConfig, 'endpoints'>,
	agents: readonly GatewayAgent[],
): readonly { readonly path: string; readonly message: string }[] {
	// The gateway takes ids in any case.
	const known = new Set(agents.map(({ id }) => id.toLowerCase()));
	return Object.entries(inbound.endpoints)
		.filter(([, { agentId }]) => !known.has(agentId.trim().toLowerCase()))
		.map(([name, { agentId }]) => ({
			path: `inbound.endpoints[${JSON.stringify(name)}].agentId`,
			message: `The inbound endpoint '${name}' is for the agent '${agentId}', which this gateway does not have`,
		}));
}
