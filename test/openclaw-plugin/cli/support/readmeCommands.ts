/**
 * Finds the command lines of the plugin that a text shows, in the order in which they stand there: those
 * in blocks of `bash`, then those within sentences.
 *
 * @returns what stands behind `openclaw event-webhooks`, without comments and redirections
 */
export function readmeCommands(markdown: string): readonly string[] {
	const blocks = [...markdown.matchAll(/^```bash\n(.*?)^```/gms)].map(([, block = '']) => block);
	const inBlocks = blocks.flatMap((block) =>
		block.split('\n').flatMap((line) => commandOf(line) ?? []),
	);
	const prose = markdown.replace(/^```.*?^```/gms, '');
	const inProse = [...prose.matchAll(/`([^`]+)`/g)].flatMap(
		([, code = '']) => commandOf(code) ?? [],
	);
	return [...inBlocks, ...inProse.filter((line) => !inBlocks.includes(line))];
}

function commandOf(line: string): string | undefined {
	const [, command] = /^openclaw event-webhooks (.*?)(?:\s+#.*|\s+> \S+)?$/.exec(line.trim()) ?? [];
	return command?.trim();
}
