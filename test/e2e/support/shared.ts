import { isObject, textAt, tryParseJson } from '../../../testbed/json';
import type { Login } from '../../../testbed/n8n/session';

/** Where the shared programs run: handed from the global set-up to the test files. */
export interface SharedAddresses {
	readonly packageFile: string;
	readonly n8nUrl: string;
	readonly n8nFolder: string;
	readonly n8nLogin: Login;
	readonly gatewayUrl: string;
	readonly gatewayFolder: string;
	readonly modelUrl: string;
}

const VARIABLE = 'OPENCLAW_WEBHOOKS_E2E';

/** Publishes the addresses to the test files of this run. */
export function writeShared(addresses: SharedAddresses): void {
	process.env[VARIABLE] = JSON.stringify(addresses);
}

/** Reads the addresses in a test file. */
export function readShared(): SharedAddresses {
	const value = tryParseJson(process.env[VARIABLE] ?? '');
	if (!isObject(value)) throw new Error('Run these tests with: npm run test:e2e');
	return {
		packageFile: textAt(value, 'packageFile'),
		n8nUrl: textAt(value, 'n8nUrl'),
		n8nFolder: textAt(value, 'n8nFolder'),
		n8nLogin: {
			cookie: textAt(value, 'n8nLogin', 'cookie'),
			browserId: textAt(value, 'n8nLogin', 'browserId'),
		},
		gatewayUrl: textAt(value, 'gatewayUrl'),
		gatewayFolder: textAt(value, 'gatewayFolder'),
		modelUrl: textAt(value, 'modelUrl'),
	};
}
