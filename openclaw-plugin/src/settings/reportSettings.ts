import { clearFault, listFaults, reportFault } from '../health/faults';
import type { Fault } from '../health/faults';
import { describeMissingAgents } from '../inbound/agents';
import type { GatewayAgent } from '../protocol';
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
