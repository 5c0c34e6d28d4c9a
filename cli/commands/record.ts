import { booleanOption, stringOption } from '../../topology/base/option-types.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import { defineCommand, type Command, type CommandContext } from '../command.ts';
import { dataOptions, engineOptions } from '../options.ts';
import { restoreReporter } from '../platform/restore-report.ts';
import { startServer, type Server } from '../platform/server.ts';
import { prepareBrowser, type BrowserWishes, type RecordingBrowser } from '../record/recording-browser.ts';
import { recordedUrl } from '../record/recorded-url.ts';
import { recordSession, type RecordedSession, type RecordingServer } from '../record/record-session.ts';
import { awaitRemoteGuide } from '../record/remote-guide.ts';
import { packageVersion } from '../version.ts';
import { localTenant } from '../guide/embedded-run.ts';

const defaultData = '.stepwright';

const table = {
  ...dataOptions,
  ...engineOptions,
  data: stringOption({
    default: undefined,
    help: `Folder of the platform that the command runs itself, when there is no --server; ${defaultData} when not given.`,
  }),
  server: stringOption({ default: undefined, help: 'Address of a running Stepwright, instead of one on a data folder.' }),
  token: stringOption({ default: undefined, secret: true, help: 'Key or token for --server.' }),
  title: stringOption({ default: undefined, help: 'Title of the guide; made from its steps when not given.' }),
  browser: stringOption({ default: undefined, help: 'Program of the Chromium to record in; found on the search path when not given.' }),
  headless: booleanOption({ default: false, help: 'Show no window, for machines without a display; Ctrl-C stops.' }),
};

/** What the command takes from outside; a test hands in a browser that it can drive. */
export interface RecordParts {
  /** Throws at once when there is no browser, before anything else is started. */
  readonly prepareBrowser: (wishes: BrowserWishes) => () => Promise<RecordingBrowser>;
  readonly terminal: () => NodeJS.ReadStream;
}

/** `stepwright record URL`: a person's own recording, live, then its guide. */
export function createRecordCommand(parts: RecordParts): Command {
  return defineCommand({
    name: 'record',
    about: 'Record what you do in a browser and watch the guide grow; opens the guide at the end.',
    usage: 'record URL [--server URL --token TOKEN | --data DIR] [options]',
    table,
    rules: [
      ({ server, data }) =>
        server !== undefined && data !== undefined
          ? { option: 'data', problem: 'is the folder of a platform of its own: leave it out beside --server' }
          : undefined,
      ({ server, token }) =>
        (server === undefined) === (token === undefined)
          ? undefined
          : { option: 'token', problem: server === undefined ? 'belongs to --server' : 'is needed with --server' },
      ({ server }) =>
        server === undefined || /^https?:\/\/[^/]/.test(server)
          ? undefined
          : { option: 'server', problem: 'must be an address like http://127.0.0.1:4280' },
    ],
    run: async (values, positionals, context) => {
      const [typed, ...more] = positionals;
      if (typed === undefined || more.length > 0)
        throw new StepwrightError('CONFIG_INVALID', 'record: name one page: stepwright record https://example.com');
      const url = recordedUrl(typed);
      const { headless, title } = values;
      const launch = parts.prepareBrowser({ browserPath: values.browser, headless, env: context.env });
      const platform = await openServer(values, context);
      try {
        const browser = await launch();
        try {
          const session = await recordSession({
            browser,
            server: platform.server,
            url,
            title,
            isVisible: !headless,
            terminal: parts.terminal(),
            context,
          });
          return await showGuide({ browser, platform, session, context, headless });
        } finally {
          await browser.close();
        }
      } finally {
        await platform.close();
      }
    },
  });
}

export const recordCommand = createRecordCommand({ prepareBrowser, terminal: () => process.stdin });

/** A server that was named, or one that lives as long as the command. */
interface OpenServer {
  readonly server: RecordingServer;
  readonly isOwn: boolean;
  close(): Promise<void>;
}

type ServerValues = Omit<Parameters<typeof startServer>[0], 'data' | 'host' | 'port' | 'allowOrigins' | 'analytics' | 'version'> & {
  readonly data: string | undefined;
  readonly server: string | undefined;
  readonly token: string | undefined;
};

async function openServer(values: ServerValues, context: CommandContext): Promise<OpenServer> {
  const { server: named, token: key } = values;
  if (named !== undefined && key !== undefined) {
    const url = new URL(named).origin;
    // A key that outlives this process is not printed.
    return { server: { url, token: key, address: (path) => `${url}${path}` }, isOwn: false, close: async () => {} };
  }
  const running = await startOwn(values, context);
  const token = running.tokens.mint({ tenantId: localTenant, role: 'admin', operator: true });
  const address = (path: string): string => `${running.url}${path}?token=${token}`;
  return { server: { url: running.url, token, address }, isOwn: true, close: () => running.close() };
}

async function startOwn(values: ServerValues, context: CommandContext): Promise<Server> {
  try {
    return await startServer({
      ...values,
      data: values.data ?? defaultData,
      host: '127.0.0.1',
      port: 0,
      allowOrigins: [],
      analytics: true,
      version: packageVersion(),
      onRestore: restoreReporter(context.stderr),
    });
  } catch (error) {
    if (!hasCode(error, 'LOG_LOCKED')) throw error;
    const way = 'if that is a running Stepwright, record into it: --server URL --token TOKEN, as it printed when it started';
    throw new StepwrightError('LOG_LOCKED', `${error.message}; ${way}`, { cause: error });
  }
}

interface Showing {
  readonly browser: RecordingBrowser;
  readonly platform: OpenServer;
  readonly session: RecordedSession;
  readonly context: CommandContext;
  readonly headless: boolean;
}

const guideWithinMs = 60_000;

/** Waits for the guide, says where it is, and shows it until the person closes it. */
async function showGuide({ browser, platform, session, context, headless }: Showing): Promise<number> {
  const { server } = platform;
  const path = `/guides/${session.sessionId}`;
  context.stderr(`Making the guide of ${session.eventCount} events …\n`);
  // Ctrl-C has stopped the recording; its guide is still wanted.
  const guide = await awaitRemoteGuide(server, session.sessionId, { withinMs: guideWithinMs, stopped: new AbortController().signal });
  if (guide === undefined) {
    context.stderr(`The guide is not there yet. It will be at ${server.address(path)}\n`);
    return 1;
  }
  const steps = guide.stepCount === 1 ? '1 step' : `${guide.stepCount} steps`;
  context.stdout(`The guide, "${guide.title}", ${steps}:\n\n  guide      ${server.address(path)}\n\n`);
  if (!headless && !context.stopped.aborted) await showUntilClosed(browser, platform, path, context);
  if (platform.isOwn) context.stderr('It stays in the data folder: npx stepwright start shows it in the library.\n');
  return 0;
}

async function showUntilClosed(
  browser: RecordingBrowser,
  { server, isOwn }: OpenServer,
  path: string,
  context: CommandContext,
): Promise<void> {
  const { stopped, stderr } = context;
  const ended = new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
  if (browser.isOpen()) {
    const gone = new Promise<void>((resolve) => browser.onClosed(resolve));
    const page = await browser.openUnrecorded(`${server.url}${path}?token=${server.token}`);
    stderr('Close the guide, or press Ctrl-C, to end.\n');
    const closed = new Promise<void>((resolve) => page.once('close', () => resolve()));
    await Promise.race([ended, gone, closed]);
  } else if (isOwn) {
    stderr('The guide is served until Ctrl-C.\n');
    await ended;
  }
}
