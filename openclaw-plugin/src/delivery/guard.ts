import { isBlockedHostnameOrIp, isPrivateIpAddress } from 'openclaw/plugin-sdk/ssrf-runtime';
import type { HostRules } from './hostGuard';

/** The gateway's own rules about hosts that a request must not lead to. */
export const GATEWAY_HOST_RULES: HostRules = {
	isBlockedHost: (host) => isBlockedHostnameOrIp(host),
	isPrivateAddress: (address) => isPrivateIpAddress(address),
};
