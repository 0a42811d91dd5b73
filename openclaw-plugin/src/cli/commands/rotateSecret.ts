import { DEFAULT_OVERLAP_MS, MAX_OVERLAP_MS } from '../../endpoints/endpointRequest';
import type { EndpointRecord } from '../../endpoints/endpoint';
import { openEndpointTable } from '../../endpoints/endpointTable';
import type { RotatedSecret } from '../../endpoints/manage';
import { createSecret } from '../../endpoints/secret';
import { findPluginEntry, findWrittenEndpoint } from '../../import/pluginEntry';
import { listSecrets } from '../../protocol';
import { inTransaction } from '../../store/databaseAccess';
import type { CommandDefinition } from '../command';
import { CliFault, usageFault, valueOf } from '../fault';
import { readDuration } from '../optionValues';
import type { CommandTools } from '../tools';

const HOUR_MS = 3_600_000;

/** `rotate-secret`: a new signing secret; the old one signs as well for some time. */
export const rotateSecretCommand: CommandDefinition = {
	usage: 'rotate-secret <endpoint>',
	description: 'Give an endpoint a new signing secret; it is shown once',
	options: [['--overlap <time>', 'How long the old secret signs as well: 0s to 7d (default: 24h)']],
	examples: ['rotate-secret crm', 'rotate-secret crm --overlap 1h'],
	run: async (tools, { args: [name = ''], options }) => {
		const overlapMs = readDuration(options, 'overlap') ?? DEFAULT_OVERLAP_MS;
		if (overlapMs > MAX_OVERLAP_MS) throw usageFault('--overlap must be 7d at most');
		const endpoint = tools.manager.find(name);
		const { secret, previousUntil } =
			endpoint?.origin === 'config'
				? await rotateConfigured(tools, endpoint, tools.now() + overlapMs)
				: valueOf(tools.manager.rotate(name, { overlapHours: overlapMs / HOUR_MS }));
		return {
			json: { endpoint: name, secret, previousUntil },
			text: (terminal) =>
				[
					terminal.paint('strong', secret),
					'',
					`The new secret of endpoint '${name}'. Copy it now: it cannot be shown again.`,
					overlapMs === 0
						? 'The old secret does not sign any more: give the receiver the new one now.'
						: `Until ${new Date(previousUntil).toISOString()} the old secret signs as well: give the receiver the new one by then.`,
				].join('\n'),
		};
	},
};

async function rotateConfigured(
	{ configFile, database, now }: CommandTools,
	{ id, name }: EndpointRecord,
	until: number,
): Promise<Pick<RotatedSecret, 'secret' | 'previousUntil'>> {
	const written = findWrittenEndpoint(findPluginEntry(await configFile.read()), name);
	const old = written?.secret;
	if (old === undefined) {
		throw new CliFault(
			'unsigned',
			`Endpoint '${name}' has no secret in the configuration, so there is nothing to rotate. Add "secret" to it to have its events signed.`,
		);
	}
	if (typeof old !== 'string' || old.includes('${')) throw keptElsewhere(name, old);
	const secret = createSecret();
	// First, so that no event goes out with the new secret alone; until then it makes no difference.
	inTransaction(database, () => {
		for (const previous of listSecrets(old)) {
			openEndpointTable(database).retire(id, previous, until, now());
		}
	});
	await configFile.change((draft) => {
		const endpoint = findWrittenEndpoint(findPluginEntry(draft), name);
		if (endpoint !== undefined) endpoint.secret = secret;
	});
	return { secret, previousUntil: until };
}

function keptElsewhere(name: string, written: unknown): CliFault {
	const where =
		typeof written === 'string'
			? `the environment (${written})`
			: 'a secret reference of the gateway';
	return new CliFault(
		'kept_elsewhere',
		[
			`The secret of endpoint '${name}' comes from ${where}, so it has to be rotated there:`,
			'  1. Put the new secret and the old one there, separated by a blank: both sign.',
			'  2. Restart the gateway if it reads that place at its start only, and give the receiver the new secret.',
			'  3. Take the old secret away.',
		].join('\n'),
	);
}
