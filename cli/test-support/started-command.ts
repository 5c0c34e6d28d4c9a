import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../../cli/stepwright.mjs', import.meta.url));

/** A `stepwright` command in a process of its own. */
export interface StartedCommand {
  readonly child: ChildProcess;
  /** What it said so far, both outputs. */
  readonly said: () => string;
  /** Resolves with the first match in what it says. @throws when it ends before. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Sends the signal; resolves with the exit code, null after a signal that killed it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** `env` is added to the environment of the test, without the settings of tests, which no command knows. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): StartedCommand {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutTestSettings(), ...env },
  });
  let text = '';
  const news = new Set<() => void>();
  const tell = (): void => {
    for (const told of news) told();
    news.clear();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      tell();
    });
  }
  const ended = once(child, 'exit').then(tell);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    said: () => text,
    until: async (pattern) => {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match;
        if (isOver()) throw new Error(`stepwright ${args.join(' ')} ended without saying ${String(pattern)}:\n${text}`);
        await new Promise<void>((resolve) => news.add(resolve));
      }
    },
    stop: async (signal = 'SIGTERM') => {
      if (!isOver()) child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

function withoutTestSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STEPWRIGHT_TEST_')));
}
