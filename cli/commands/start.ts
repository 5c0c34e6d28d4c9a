import { fileURLToPath } from 'node:url';
import { booleanOption, numberOption, oneOfOption } from '../../topology/base/option-types.ts';
import { defineCommand, refuseNames, type CommandContext } from '../command.ts';
import { analyticsOptions, dataOptions, engineOptions, httpOptions, memoryOptions } from '../options.ts';
import { embeddedAnalyticsRule, originRule, publicUrlRule } from '../platform/role-rules.ts';
import { limitHeapGrowth } from '../platform/heap-growth.ts';
import { restoreReporter } from '../platform/restore-report.ts';
import { awaitGuide } from '../guide/await-guide.ts';
import { startServer, type Server } from '../platform/server.ts';
import { playDemo } from '../start/demo-player.ts';
import { stayUp } from '../start/stay-up.ts';
import { packageVersion } from '../version.ts';
import { localTenant } from '../guide/embedded-run.ts';

const table = {
  ...dataOptions,
  ...httpOptions,
  ...engineOptions,
  ...memoryOptions,
  ...analyticsOptions,
  demo: oneOfOption(['once', 'again', 'never'] as const, {
    default: 'once',
    help: 'Play the bundled recording: once a data folder, again as a new recording, or never.',
  }),
  demoPace: numberOption({
    default: 3,
    min: 0.1,
    max: 1_000,
    help: 'How many times faster than it was recorded the bundled recording is played.',
  }),
  stay: booleanOption({ default: true, help: 'Stay up until Ctrl-C; with --no-stay end once the bundled recording is a guide.' }),
};

const demoFolder = fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url));

/** `npm start`: everything in one process, and something to look at. */
export const startCommand = defineCommand({
  name: 'start',
  about: 'Run the whole platform in one process on a data folder, and play a real recording through it.',
  usage: 'start [options]',
  table,
  rules: [originRule, publicUrlRule, embeddedAnalyticsRule],
  run: async (values, positionals, context) => {
    refuseNames('start', positionals);
    limitHeapGrowth(values.heapGrowthPercent);
    const analytics = values.analytics !== 'off';
    const server = await startServer({ ...values, analytics, version: packageVersion(), onRestore: restoreReporter(context.stderr) });
    try {
      const token = server.tokens.mint({ tenantId: localTenant, role: 'admin', operator: true });
      const address = (path: string): string => `${values.publicUrl ?? server.url}${path}?token=${token}`;
      context.stdout(`Stepwright is running.\n\n  library    ${address('/')}\n  topology   ${address('/topology')}\n\n`);
      if (analytics && !server.storage.analytics.reader.available)
        context.stdout('Analytics is off: the optional package chdb is not installed (npm install chdb turns it on); all else runs.\n\n');
      if (values.demo !== 'never')
        await showDemo({ server, token, address, pace: values.demoPace, again: values.demo === 'again', context });
      context.stdout(`Record your own:  npx stepwright record https://example.com --server ${server.url} --token ${token}\n`);
      if (values.stay) {
        context.stdout('Ctrl-C ends it; the data stays in ' + `${values.data}\n`);
        const { app, failures } = server.platform;
        const end = await stayUp({ stopped: context.stopped, isHealthy: () => app.health().isHealthy, nowMs: () => performance.now() });
        if (end === 'failing') {
          context.stderr(`stepwright: the tasks have been failing for a minute: ${failures.at(-1) ?? 'see the log'} (TASK_FAILED)\n`);
          return 1;
        }
      }
      return 0;
    } finally {
      await server.close();
    }
  },
});

interface DemoRun {
  readonly server: Server;
  readonly token: string;
  readonly address: (path: string) => string;
  readonly pace: number;
  readonly again: boolean;
  readonly context: CommandContext;
}

async function showDemo({ server, token, address, pace, again, context }: DemoRun): Promise<void> {
  const sessionId = again ? `demo-${Date.now().toString(36)}` : 'demo';
  const standing = await server.storage.views.session(localTenant, sessionId);
  if (standing === 'gone') return;
  if (standing?.status !== 'finished') {
    context.stdout(
      `Playing a recording of a person in Django's admin. Watch the guide grow:\n\n  live       ${address(`/live/${sessionId}`)}\n\n`,
    );
    const onProgress = progressLine(context);
    const played = await playDemo({
      folder: demoFolder,
      baseUrl: server.url,
      token,
      sessionId,
      pace,
      stopped: context.stopped,
      onProgress,
    });
    if (!played) return;
  }
  const { storage, platform } = server;
  const guide = await awaitGuide({ storage, platform, stopped: context.stopped }, localTenant, sessionId);
  context.stdout(
    `The finished guide, "${guide.title}", ${guide.steps.length} steps:\n\n  guide      ${address(`/guides/${sessionId}`)}\n\n`,
  );
}

/** One line that moves on a terminal; elsewhere a line each quarter. */
function progressLine({ stderr }: CommandContext): (sentCount: number, totalCount: number) => void {
  const isTerminal = process.stderr.isTTY;
  let shownQuarter = 0;
  return (sentCount, totalCount) => {
    const share = sentCount / totalCount;
    if (isTerminal) {
      const filled = Math.round(share * 30);
      stderr(
        `\r  [${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${sentCount} of ${totalCount} events${sentCount === totalCount ? '\n\n' : ''}`,
      );
      return;
    }
    const quarter = Math.floor(share * 4);
    if (quarter > shownQuarter) stderr(`  ${sentCount} of ${totalCount} events\n`);
    shownQuarter = Math.max(shownQuarter, quarter);
  };
}
