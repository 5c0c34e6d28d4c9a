import type { Command } from '../command.ts';
import { analyticsCommand } from './analytics.ts';
import { createConfigCommand } from './config.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { forgetCommand } from './forget.ts';
import { guideCommand } from './guide.ts';
import { keysCommand } from './keys.ts';
import { recordCommand } from './record.ts';
import { runCommand } from './run.ts';
import { startCommand } from './start.ts';
import { topologyCommand } from './topology.ts';

const working: readonly Command[] = [
  startCommand,
  runCommand,
  recordCommand,
  guideCommand,
  forgetCommand,
  keysCommand,
  topologyCommand,
  deadLettersCommand,
  analyticsCommand,
];

/** Every command, in the order of `stepwright help`. */
export const commands: readonly Command[] = [...working, createConfigCommand(working)];
