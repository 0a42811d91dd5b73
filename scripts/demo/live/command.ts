/** What a line of the open demo asks for. */
export type Command =
	| { readonly kind: 'nothing' }
	| { readonly kind: 'help' }
	| { readonly kind: 'tickets' }
	/** Whoever wrote last writes on. */
	| { readonly kind: 'say'; readonly text: string }
	/** Somebody writes for the first time. */
	| { readonly kind: 'new'; readonly text: string }
	| { readonly kind: 'ticket'; readonly id: string; readonly status: string }
	| { readonly kind: 'mistake'; readonly message: string };

/** The commands, as they are shown to people. */
export const HELP: readonly string[] = [
	'say <text>             goes on in the chat of whoever wrote last',
	'new <text>             somebody else writes for the first time: that opens a ticket',
	'ticket <id> <status>   changes a ticket, for example: ticket T-1001 已关闭 🎉',
	'tickets                lists the tickets',
	'help                   lists the commands',
];

function mistake(message: string): Command {
	return { kind: 'mistake', message };
}

/**
 * Reads a line.
 *
 * @example
 * readCommand('ticket T-1001 on its way'); // { kind: 'ticket', id: 'T-1001', status: 'on its way' }
 */
export function readCommand(line: string): Command {
	const [, word = '', rest = ''] = /^\s*(\S*)\s*([^]*?)\s*$/.exec(line) ?? [];
	switch (word) {
		case '':
			return { kind: 'nothing' };
		case 'help':
		case 'tickets':
			return { kind: word };
		case 'say':
		case 'new':
			return rest === '' ? mistake(`'${word}' needs a text`) : { kind: word, text: rest };
		case 'ticket': {
			const [, id = '', status = ''] = /^(\S+)\s+([^]+)$/.exec(rest) ?? [];
			if (status === '') return mistake("'ticket' needs an id and a status");
			return { kind: 'ticket', id, status };
		}
		default:
			return mistake(`There is no command '${word}'. 'help' lists the commands`);
	}
}
