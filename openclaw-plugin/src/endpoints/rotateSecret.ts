import { createSecret, listSecrets } from '../protocol';
import { findPluginEntry, findWrittenEndpoint } from '../settings/gatewayConfig';
import type { ConfigFile } from '../settings/gatewayConfig';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import type { EndpointRecord, Outcome } from './endpoint';
import { readSecretChange } from './endpointRequest';
import { openEndpointTable } from './endpointTable';
import { keptElsewhere, notSigned, refuse, setInConfiguration } from './refusals';

/** A secret that took another one's place. */
export interface NewSecret {
	readonly secret: string;
	/** Whether it was made here, rather than given. */
	readonly isMade: boolean;
	/** Until when the replaced secret signs, too. Milliseconds since 1970. */
	readonly previousUntil: number;
}

export interface RotationParts {
	readonly database: Database;
	/** The gateway's configuration file; undefined where nobody may change it. */
	readonly configFile: ConfigFile | undefined;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/**
 * Gives an endpoint a new signing secret, where its secret is: in the database, or in the configuration
 * file. The old one signs as well for the overlap.
 *
 * @param body `secret`, `overlapHours`
 */
export async function rotateSecret(
	endpoint: EndpointRecord,
	body: unknown,
	{ database, configFile, now }: RotationParts,
): Promise<Outcome<NewSecret>> {
	const { id, name, origin } = endpoint;
	const read = readSecretChange(body);
	if (!read.ok) return read;
	const time = now();
	const { secret = createSecret(), overlapMs } = read.value;
	const previousUntil = time + overlapMs;
	const table = openEndpointTable(database);
	const rotated: Outcome<NewSecret> = {
		ok: true,
		value: { secret, isMade: read.value.secret === undefined, previousUntil },
	};
	if (origin !== 'config') {
		inTransaction(database, () => {
			const [current] = table.secretsOf(id, time).current;
			if (current !== secret) table.setSecret(id, secret, previousUntil, time);
		});
		return rotated;
	}
	if (configFile === undefined) return refuse(setInConfiguration(name));
	const old = findWrittenEndpoint(findPluginEntry(await configFile.read()), name)?.secret;
	if (old === undefined) return refuse(notSigned(name));
	if (typeof old !== 'string' || old.includes('${')) return refuse(keptElsewhere(name, old));
	// First, so that no event goes out with the new secret alone; until then it makes no difference.
	inTransaction(database, () => {
		for (const previous of listSecrets(old)) table.retire(id, previous, previousUntil, time);
	});
	const outcome = { isWritten: false };
	await configFile.change((draft) => {
		const written = findWrittenEndpoint(findPluginEntry(draft), name);
		outcome.isWritten = written !== undefined;
		if (written !== undefined) written.secret = secret;
	});
	return outcome.isWritten ? rotated : refuse(notSigned(name));
}
