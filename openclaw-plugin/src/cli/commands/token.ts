import { formatAge } from '../../log/timeText';
import { TOKEN_SCOPES } from '../../tokens/token';
import type { TokenScope } from '../../tokens/token';
import { issueToken, listTokens, revokeToken } from '../../tokens/tokenStore';
import type { CommandDefinition } from '../command';
import { CliFault, usageFault } from '../fault';
import { readText } from '../optionValues';
import { formatTable } from '../table';

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
				['--scope <scopes>', `What it opens: ${TOKEN_SCOPES.join(',')} (default: all)`],
			],
			examples: ['token create --name n8n', 'token create --name ci --scope inbound'],
			run: ({ database, now }, { options }) => {
				const name = readText(options, 'name');
				if (name === undefined) throw usageFault('Give the token a name: --name n8n');
				const { token, record } = issueToken(
					database,
					{ name, scopes: readScopes(options) },
					now(),
				);
				return {
					json: { ...record, token },
					text: (terminal) =>
						[
							terminal.paint('strong', token),
							'',
							`Token '${name}' (${record.scopes.join(', ')}). Copy it now: it cannot be shown again.`,
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
										{ title: 'Scopes' },
										{ title: 'Created' },
										{ title: 'Last used' },
									],
									tokens.map(({ id, name, scopes, createdAt, lastUsedAt }) => [
										id,
										name,
										scopes.join(', '),
										formatAge(createdAt, now()),
										lastUsedAt === undefined ? 'never' : formatAge(lastUsedAt, now()),
									]),
								),
				};
			},
		},
		{
			usage: 'revoke <id>',
			description: 'Make a token worthless at once',
			run: ({ database }, { args: [id = ''] }) => {
				if (!revokeToken(database, id)) {
					throw new CliFault('not_found', `There is no token '${id}': see 'token list'`);
				}
				return { json: { id, isRevoked: true }, text: () => `Token ${id} opens nothing any more.` };
			},
		},
	],
};

function readScopes(options: Readonly<Record<string, unknown>>): readonly TokenScope[] {
	const words = (readText(options, 'scope') ?? TOKEN_SCOPES.join(',')).split(',');
	return words.map((word) => {
		const scope = TOKEN_SCOPES.find((known) => known === word.trim());
		if (scope !== undefined) return scope;
		throw usageFault(`--scope must be made of ${TOKEN_SCOPES.join(', ')}, not '${word}'`);
	});
}
