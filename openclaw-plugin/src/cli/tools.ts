import type { EndpointManager } from '../endpoints/manage';
import type { ConfigFile } from '../import/configFile';
import type { Settings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import type { Terminal } from './terminal';

/** What commands work with. The gateway may be running or not. */
export interface CommandTools {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	/** Opened when it is first asked for. */
	readonly database: Database;
	readonly settings: Settings;
	/** All that can be done with endpoints and deliveries. */
	readonly manager: EndpointManager;
	readonly configFile: ConfigFile;
	readonly terminal: Terminal;
	/** Environment of this process; the gateway's may be another. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}
