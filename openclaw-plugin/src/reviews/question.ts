export type ReviewDecision = 'approve' | 'deny';

/** What people write to answer, without the slash. */
export const COMMAND = 'n8n';

/** The words of an answer. */
const WORDS: Readonly<Record<string, ReviewDecision>> = { approve: 'approve', deny: 'deny' };

/** What a chat gets. A channel without buttons shows the commands in their place. */
export interface Question {
	readonly text: string;
	readonly buttons: readonly {
		readonly label: string;
		readonly command: string;
		readonly style: 'success' | 'danger';
	}[];
}

/** Writes the question. */
export function writeQuestion(message: string, code: string, expiresAt: number): Question {
	const until = `${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
	const commandOf = (decision: ReviewDecision) => `/${COMMAND} ${decision} ${code}`;
	return {
		text: `${message.trim()}\n\nTo answer without buttons, write: ${commandOf('approve')}\nTo say why not: ${commandOf('deny')} and your reason.\nWithout an answer until ${until} it is denied.`,
		buttons: [
			{ label: 'Approve', command: commandOf('approve'), style: 'success' },
			{ label: 'Deny', command: commandOf('deny'), style: 'danger' },
		],
	};
}

/** An answer as somebody has written it behind the command. */
export type WrittenAnswer =
	| {
			readonly ok: true;
			readonly decision: ReviewDecision;
			readonly code: string;
			readonly reason?: string;
	  }
	| { readonly ok: false; readonly code: string | undefined };

const MAX_REASON_LENGTH = 1000;

/**
 * Reads `approve <code>` or `deny <code> [reason]`. Nothing else is an answer: not `yes`, and not an approval with
 * something behind it, which may be a condition.
 */
export function readAnswer(written: string): WrittenAnswer {
	const [, word = '', code = '', rest = ''] = /^(\S*)\s*(\S*)\s*(.*)$/s.exec(written.trim()) ?? [];
	const decision = Object.hasOwn(WORDS, word.toLowerCase()) ? WORDS[word.toLowerCase()] : undefined;
	const reason = rest.trim().slice(0, MAX_REASON_LENGTH);
	const isClear = decision === 'deny' || (decision === 'approve' && reason === '');
	if (!isClear || code === '') return { ok: false, code: code === '' ? undefined : fold(code) };
	return { ok: true, decision, code: fold(code), ...(reason === '' ? {} : { reason }) };
}

function fold(code: string): string {
	return code.toLowerCase();
}
