import type { CommandDefinition } from '../command';
import { listCommand } from './list';
import { showCommand } from './show';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [listCommand, showCommand];
