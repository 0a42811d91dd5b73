import type { CommandDefinition } from '../command';
import { endpointsCommand } from './endpoints';
import { importCommand } from './import';
import { listCommand } from './list';
import { replayCommand } from './replay';
import { rotateSecretCommand } from './rotateSecret';
import { showCommand } from './show';
import { statusCommand } from './status';
import { testCommand } from './test';
import { tokenCommand } from './token';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
	listCommand,
	showCommand,
	replayCommand,
	testCommand,
	endpointsCommand,
	rotateSecretCommand,
	importCommand,
	tokenCommand,
	statusCommand,
];
