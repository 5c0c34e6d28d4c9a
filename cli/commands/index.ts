import type { Command } from '../command.ts';
import { forgetCommand } from './forget.ts';
import { guideCommand } from './guide.ts';
import { recordCommand } from './record.ts';
import { startCommand } from './start.ts';

/** Every command, in the order of `stepwright help`. */
export const commands: readonly Command[] = [startCommand, recordCommand, guideCommand, forgetCommand];
