import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { HealthView } from '../read/ports.ts';
import { aliveAnswer, readyAnswer, type ProbeAnswer } from '../read/probe-answer.ts';
import { closeServer, listenOn } from './listen.ts';

export interface AdminServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly health: HealthView;
  /** Prometheus text format. */
  readonly metricsText: () => Promise<string>;
  /** What the process's tasks do, as JSON. */
  readonly tasks: () => Promise<unknown>;
}

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

const plain = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Probes, metrics and tasks of one process, for an orchestrator beside it: no keys, so it listens where only operators reach it. It answers from the first
 * moment of the process, restore included. Nothing here names a tenant.
 * @throws {PORT_TAKEN | CONFIG_INVALID} naming the flag.
 */
export async function startAdminServer({ host, port, health, metricsText, tasks }: AdminServerOptions): Promise<AdminServer> {
  const answers: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
    '/healthz': (response) => probe(response, aliveAnswer(health)),
    '/readyz': (response) => probe(response, readyAnswer(health)),
    '/metrics': async (response) => send(response, 200, plain, await metricsText()),
    '/tasks': async (response) => json(response, 200, await tasks()),
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answer === undefined || request.method !== 'GET') return json(response, 404, { ok: false, paths: Object.keys(answers) });
    return void Promise.resolve(answer(response)).catch(() => json(response, 503, { ok: false, waitingFor: ['log'] }));
  });
  server.requestTimeout = 10_000;
  const { url } = await listenOn(server, { host, port, hostFlag: '--admin-host', portFlag: '--admin-port' });
  return { url, close: () => closeServer(server, 1_000) };
}

function probe(response: ServerResponse, { status, json: value }: ProbeAnswer): void {
  json(response, status, value);
}

function json(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' });
  response.end(text);
}
