import type { CommandDefinition } from '../command';
import { importCommand } from './import';
import { listCommand } from './list';
import { replayCommand } from './replay';
import { showCommand } from './show';
import { tokenCommand } from './token';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
	listCommand,
	showCommand,
	replayCommand,
	importCommand,
	tokenCommand,
];
