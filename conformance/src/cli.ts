import { checkReceiver, chosenCases, type CaseResult } from './checkReceiver';
import { isConforming, resultLine, summaryLine } from './receiverReport';
import { failureText } from './sendEvent';
import type { JudgedRequest } from './senderJudge';
import { runSink, type SinkResult } from './sink';
import { parseCommand, USAGE, type Command } from './usage';

/** What is around the command. */
export interface Terminal {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly print: (line: string) => void;
	readonly complain: (line: string) => void;
	/** Aborted when somebody presses Ctrl-C. */
	readonly signal: AbortSignal;
}

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** Runs the command. @returns the exit code: 0 conforms, 1 does not, 2 wrong usage */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
	const command = parseCommand(args, terminal.environment['OPENCLAW_SECRET'] ?? '');
	switch (command.kind) {
		case 'help':
			terminal.print(USAGE);
			return 0;
		case 'wrong':
			terminal.complain(`${command.message}\n\n${USAGE}`);
			return 2;
		case 'receiver':
			return await tryReceiver(command, terminal);
		case 'sender':
			return await judgeSender(command, terminal);
	}
}

async function tryReceiver(
	command: Of<'receiver'>,
	{ print, complain }: Terminal,
): Promise<number> {
	if (chosenCases(command).every(({ cases }) => cases.length === 0)) {
		complain(`No case has ${command.only.map((name) => `'${name}'`).join(' or ')} in its name`);
		return 2;
	}
	const results: CaseResult[] = [];
	for await (const result of checkReceiver(command)) {
		if (!command.json) print(resultLine(result, results.at(-1)));
		results.push(result);
	}
	const ok = isConforming(results);
	print(command.json ? JSON.stringify({ ok, results }, null, 2) : summaryLine(results));
	return ok ? 0 : 1;
}

async function judgeSender(
	command: Of<'sender'>,
	{ print, complain, signal }: Terminal,
): Promise<number> {
	const onRequest = (judged: JudgedRequest) => {
		print(command.json ? JSON.stringify(judged) : requestText(judged));
	};
	const onListening = (url: string) => {
		// With --json only results go to standard output.
		(command.json ? complain : print)(`Listening on ${url}. Ctrl-C ends it.`);
	};
	let result: SinkResult;
	try {
		result = await runSink({ ...command, signal, onListening, onRequest });
	} catch (error) {
		complain(`Nothing can be received: ${failureText(error)}`);
		return 2;
	}
	const ok = result.requests > 0 && result.wrong === 0;
	print(command.json ? JSON.stringify({ ok, ...result }) : sinkSummary(ok, result));
	return ok ? 0 : 1;
}

/** Whoever sends is not to steer the terminal. */
const printable = (line: string) => line.replace(/\p{Cc}/gu, '?');

function requestText({ id, type, times, status, faults, notes }: JudgedRequest): string {
	const name = `${type ?? 'no event'} ${id ?? ''}`.trimEnd();
	const repetition = times > 1 ? `, request ${times}` : '';
	return [
		`${faults.length === 0 ? '✔' : '✖'} ${name}${repetition}: answered ${status}`,
		...faults.map((fault) => `    ✖ ${fault}`),
		...notes.map((note) => `    · ${note}`),
	]
		.map(printable)
		.join('\n');
}

function sinkSummary(ok: boolean, { requests, wrong, waiting }: SinkResult): string {
	const sum = requests === 0 ? 'no request came' : `${requests} requests, ${wrong} with faults`;
	return [
		`\n${ok ? 'Conforms' : 'Does not conform'}: ${sum}`,
		...waiting.map((event) => printable(`· has not come again so far: ${event}`)),
	].join('\n');
}
