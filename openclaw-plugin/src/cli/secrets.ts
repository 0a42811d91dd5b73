import { DEFAULT_OVERLAP_MS, MAX_OVERLAP_MS } from '../endpoints/endpoint';
import { formatAge } from '../timeText';
import {
	issueToken,
	listTokens,
	possibleScopes,
	revokeToken,
	TOKEN_SCOPES,
} from '../tokens/tokens';
import type { TokenRecord, TokenScope } from '../tokens/tokens';
import { CliFault, readDuration, readList, readText, usageFault, valueOf } from './command';
import type { CommandDefinition, OptionValues } from './command';
import { formatTable } from './table';

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
		const change = { overlapHours: overlapMs / HOUR_MS };
		const { secret, previousUntil } = valueOf(await tools.manager.rotate(name, change));
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

/** `token`: what senders to agents, and n8n, authenticate with. */
export const tokenCommand: CommandDefinition = {
	usage: 'token',
	description: 'Tokens for writing to agents and for setting endpoints up',
	subcommands: [
		{
			usage: 'create',
			description: 'Make a token; it is shown once',
			options: [
				['--name <name>', 'What you call it, such as n8n'],
				[
					'--scope <scopes>',
					`What it opens: ${TOKEN_SCOPES.join(',')} (default: all; with --endpoint: inbound)`,
				],
				['--endpoint <names>', 'Inbound endpoints that it is for, and nothing else (default: all)'],
				['--expires <duration>', 'When it ends, such as 90d (default: never)'],
			],
			examples: [
				'token create --name n8n',
				'token create --name ci --scope inbound --endpoint deploy --expires 90d',
			],
			run: ({ database, now }, { options }) => {
				const name = readText(options, 'name');
				if (name === undefined) throw usageFault('Give the token a name: --name n8n');
				const endpoints = readList(options, 'endpoint');
				const lifeMs = readDuration(options, 'expires');
				const scopes = readScopes(options, endpoints);
				const request = {
					name,
					...(scopes === undefined ? {} : { scopes }),
					...(endpoints === undefined ? {} : { endpoints }),
					...(lifeMs === undefined ? {} : { expiresAt: now() + lifeMs }),
				};
				const { token, record } = issueToken(database, request, now());
				return {
					json: { ...record, token },
					text: (terminal) =>
						[
							terminal.paint('strong', token),
							'',
							`Token '${name}' (${describePurpose(record)}). Copy it now: it cannot be shown again.`,
							`Take it back with: openclaw event-webhooks token revoke ${record.id}`,
						].join('\n'),
				};
			},
		},
		{
			usage: 'list',
			description: 'List the tokens, without what they open doors with',
			run: ({ database, now }) => {
				const tokens = listTokens(database);
				return {
					json: { tokens },
					text: (terminal) =>
						tokens.length === 0
							? 'There are no tokens.'
							: formatTable(
									terminal,
									[
										{ title: 'Id' },
										{ title: 'Name', minWidth: 10 },
										{ title: 'Opens' },
										{ title: 'Created' },
										{ title: 'Last used' },
										{ title: 'Expires' },
									],
									tokens.map((token) => [
										token.id,
										token.name,
										describePurpose(token),
										formatAge(token.createdAt, now()),
										describeTime(token.lastUsedAt, now()),
										describeTime(token.expiresAt, now()),
									]),
								),
				};
			},
		},
		{
			usage: 'revoke <name>',
			description: 'Make a token worthless at once, by its name or id',
			examples: ['token revoke ci'],
			run: ({ database }, { args: [nameOrId = ''] }) => {
				const revoked = revokeToken(database, nameOrId);
				if (revoked.kind === 'unknown') {
					throw new CliFault('not_found', `There is no token '${nameOrId}': see 'token list'`);
				}
				if (revoked.kind === 'ambiguous') {
					throw new CliFault(
						'ambiguous',
						`Several tokens are named '${nameOrId}'. Revoke one by its id: ${revoked.ids.join(', ')}`,
					);
				}
				const { id, name } = revoked.token;
				return {
					json: { id, name, isRevoked: true },
					text: () => `Token '${name}' (${id}) opens nothing any more.`,
				};
			},
		},
	],
};

function describePurpose({ scopes, endpoints }: TokenRecord): string {
	const where = endpoints === undefined ? '' : ` at ${endpoints.join(', ')}`;
	return scopes.join(', ') + where;
}

function describeTime(time: number | undefined, now: number): string {
	return time === undefined ? 'never' : formatAge(time, now);
}

function readScopes(
	options: OptionValues,
	endpoints: readonly string[] | undefined,
): readonly TokenScope[] | undefined {
	const possible = possibleScopes(endpoints);
	return readList(options, 'scope')?.map((word) => {
		const scope = possible.find((known) => known === word);
		if (scope !== undefined) return scope;
		const where = endpoints === undefined ? '' : ' of a token for --endpoint';
		throw usageFault(`--scope${where} must be made of ${possible.join(', ')}, not '${word}'`);
	});
}
