import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig, parseJson5 } from '../../protocol';
import { SENDER_TYPES } from '../../protocol/configSender';

const page = readFileSync(join(__dirname, '../../docs/senders.md'), 'utf8');
const blocks = Array.from(page.matchAll(/^```json5\n(.*?)^```/gms), ([, block = '']) => block);
/** What the table of other senders has beside type and secret. */
const others = Array.from(
	page.matchAll(/^\| (\w+) \| `(header: .+)` \|$/gm),
	([, name = '', settings = '']) => [name, settings] as const,
);

function issuesOf(endpoints: string): readonly string[] {
	const parsed = parseJson5(`{ inbound: { endpoints: { ${endpoints} } } }`);
	if (!parsed.ok) return [parsed.message];
	const checked = checkConfig(parsed.value);
	return checked.ok ? [] : checked.issues.map(({ message }) => message);
}

it.each(blocks.map((block) => [/^\w+/.exec(block)?.[0], block] as const))(
	'the recipe %s can be pasted',
	(_, block) => {
		expect(issuesOf(block)).toEqual([]);
	},
);

it.each(others)('the settings for %s can be pasted', (_, settings) => {
	const auth = `{ type: "hmac", secret: "\${S}", ${settings} }`;
	expect(issuesOf(`a: { agentId: "a", template: "{{body.a}}", auth: ${auth} }`)).toEqual([]);
});

it('each kind of sender has a recipe', () => {
	expect(others.length).toBeGreaterThan(5);
	const shown = SENDER_TYPES.filter((type) =>
		blocks.some((block) => block.includes(`type: "${type}"`)),
	);
	expect(shown).toEqual([...SENDER_TYPES]);
});
