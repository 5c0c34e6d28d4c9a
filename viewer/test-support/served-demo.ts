import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startServer, type Server } from '../../cli/platform/server.ts';
import { browserFlags, findBrowser } from '../../cli/record/find-browser.ts';
import { playDemo } from '../../cli/start/demo-player.ts';

/** Path of a browser for the tests, or the reason to skip them. */
export function testBrowser(env: Readonly<Record<string, string | undefined>>): { readonly path: string; readonly skip: string | false } {
  const path = findBrowser(env['PATH'] ?? '', env['STEPWRIGHT_BROWSER']);
  return { path: path ?? '', skip: path === undefined ? 'no Chromium on this machine' : false };
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Breaks the page's sockets and lets no other connection through; Chromium's own offline mode leaves open sockets alone. */
  cutOff(): Promise<void>;
  /** After `cutOff`. */
  bringBack(): Promise<void>;
}

export interface OtherRecording {
  readonly tenantId: string;
  readonly sessionId: string;
}

/** The whole platform on a new folder, a Chromium, and the bundled recording to play. */
export interface ServedDemo {
  readonly server: Server;
  readonly sessionId: string;
  /** A page of the server in a browser context of its own, signed in. */
  open(path: string, options?: Parameters<Browser['newContext']>[0]): Promise<Visit>;
  /** Plays the recording, or another of the same as somebody else's; resolves when everything is acked. */
  play(pace: number, onProgress?: (sentCount: number, totalCount: number) => void, other?: OtherRecording): Promise<void>;
  readApi<T>(path: string): Promise<T>;
  /** Deletes the recording. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

export async function serveDemo(executablePath: string, { analytics = false }: { readonly analytics?: boolean } = {}): Promise<ServedDemo> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-viewer-'));
  const server = await startOn(folder, analytics);
  const browser = await chromium.launch({ executablePath, args: browserFlags(process.getuid?.() === 0) });
  const token = server.tokens.mint({ tenantId: 'local', role: 'admin', operator: true });
  const sessionId = 'watched';
  return {
    server,
    sessionId,
    open: async (path, options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1_200, height: 900 }, ...options });
      await context.addInitScript(keepSockets);
      const page = await context.newPage();
      await page.goto(`${server.url}${path}?token=${token}`);
      const cutOff = async (): Promise<void> => {
        await context.setOffline(true);
        await page.evaluate(() => window.dispatchEvent(new Event('test:cut')));
      };
      const bringBack = async (): Promise<void> => {
        await context.setOffline(false);
        await page.evaluate(() => window.dispatchEvent(new Event('test:back')));
      };
      return { context, page, cutOff, bringBack };
    },
    play: async (pace, onProgress = () => undefined, other = { tenantId: 'local', sessionId }) => {
      await playDemo({
        folder: fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url)),
        baseUrl: server.url,
        token: server.tokens.mint({ tenantId: other.tenantId, role: 'admin', operator: false }),
        sessionId: other.sessionId,
        pace,
        stopped: new AbortController().signal,
        onProgress,
      });
    },
    readApi: async (path) => {
      const response = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    },
    forget: async () => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${server.url}/v1/sessions/${sessionId}`, { method: 'DELETE', headers });
      if (!response.ok) throw new Error(`delete: ${response.status}`);
    },
    close: async () => {
      // The platform's own timers do not keep a process up.
      const up = setInterval(() => undefined, 1_000);
      await browser.close();
      await server.close();
      clearInterval(up);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs in the page: closes what it opened when the test asks for it. */
/** In the page: sockets that can be cut, at once and without a farewell, and that nobody can open until the network is back. */
function keepSockets(): void {
  const Socket = window.WebSocket;
  let isCut = false;
  window.addEventListener('test:back', () => (isCut = false));
  window.addEventListener('test:cut', () => (isCut = true));
  window.WebSocket = class extends Socket {
    constructor(url: string | URL, protocols?: string | string[]) {
      // An address that the server refuses.
      super(isCut ? new URL('/nowhere', url) : url, protocols);
      let isGone = false;
      for (const name of ['message', 'close']) {
        this.addEventListener(name, (event) => (isGone && event.isTrusted ? event.stopImmediatePropagation() : undefined));
      }
      window.addEventListener('test:cut', () => {
        if (isGone || this.readyState === Socket.CLOSED) return;
        isGone = true;
        this.close();
        this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
      });
    }
  };
}

function startOn(data: string, analytics: boolean): Promise<Server> {
  return startServer({
    data,
    host: '127.0.0.1',
    port: 0,
    allowOrigins: [],
    partitions: 2,
    commitIntervalMs: 50,
    stateBudgetBytes: 32 << 20,
    logSync: 'never',
    logLevel: 'error',
    analytics,
    version: '0.0.0',
  });
}
