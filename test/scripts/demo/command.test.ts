import { HELP, readCommand } from '../../../scripts/demo/live/command';

describe('a line of the open demo', () => {
	it.each([
		['', { kind: 'nothing' }],
		['   ', { kind: 'nothing' }],
		['help', { kind: 'help' }],
		[' tickets ', { kind: 'tickets' }],
		['say 你好! 🦞', { kind: 'say', text: '你好! 🦞' }],
		['new  Hello  there ', { kind: 'new', text: 'Hello  there' }],
		['ticket T-1001 已解决 ✅', { kind: 'ticket', id: 'T-1001', status: '已解决 ✅' }],
		['ticket T-1001 on its way', { kind: 'ticket', id: 'T-1001', status: 'on its way' }],
	])('%j is a command', (line, command) => {
		expect(readCommand(line)).toEqual(command);
	});

	it.each([
		['say', "'say' needs a text"],
		['new ', "'new' needs a text"],
		['ticket', "'ticket' needs an id and a status"],
		['ticket T-1001', "'ticket' needs an id and a status"],
		['close T-1001', "There is no command 'close'. 'help' lists the commands"],
	])('%j is told what is wrong', (line, message) => {
		expect(readCommand(line)).toEqual({ kind: 'mistake', message });
	});

	it('is one of those that the help lists', () => {
		for (const line of HELP) {
			expect(readCommand(line.replace(/\s{2,}.*/, ''))).not.toMatchObject({ kind: 'mistake' });
		}
	});
});
