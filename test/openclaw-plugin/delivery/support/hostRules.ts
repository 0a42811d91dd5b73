import { BlockList, isIP } from 'node:net';
import type { HostRules } from '../../../../openclaw-plugin/src/delivery/hostGuard';

const PRIVATE = new BlockList();
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addAddress('::1', 'ipv6');

function isPrivate(address: string): boolean {
	const family = isIP(address);
	return family !== 0 && PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** A part of what the gateway's own rules refuse. */
export const TEST_HOST_RULES: HostRules = { isBlockedHost: isPrivate, isPrivateAddress: isPrivate };
