/**
 * `node chdb-http-server.js PORT FOLDER`: the embedded ClickHouse engine behind as much of ClickHouse's HTTP interface as a client needs, for machines
 * where no server binary is to be had. Each request has an engine context of its own, so settings do not leak from one to the next, as on a server. No
 * users, row policies, Replicated tables or query log; sessions and compression of answers are not there either. With CHDB_HTTP_PASSWORD every request needs it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';

/** The part of the optional package that is used; a name that is not a literal, so that the build does not need the package. */
interface ChdbModule {
  readonly Session: new (folder: string) => ChdbSession;
}
interface ChdbSession {
  query(sql: string, format: string): string;
  queryAsync(sql: string, options: { readonly format: string }): Promise<{ bytes(): Uint8Array }>;
  insert(rows: { readonly table: string; readonly values: Buffer; readonly format: string }): Promise<unknown>;
  close(): void;
}
const chdbModule: string = 'chdb';

const [port, folder] = [Number(process.argv[2]), process.argv[3] ?? ''];
const password = process.env['CHDB_HTTP_PASSWORD'];
const { Session }: ChdbModule = await import(chdbModule);
// Holds the folder as long as the process lives.
const keeper = new Session(folder);

/** Of the interface itself, not settings of the engine. */
const ownParameters = new Set(
  'query database default_format query_id user password role compress decompress wait_end_of_query enable_http_compression send_progress_in_http_headers http_headers_progress_interval_ms'.split(
    ' ',
  ),
);
const rowFormats = /^\s*INSERT\s+INTO\s+([\w.`]+)\s+FORMAT\s+(JSONEachRow|JSONCompactEachRow|CSV|TabSeparated)\s*;?\s*$/i;
const statusOf = new Map([
  ['60', 404],
  ['81', 404],
  ['516', 403],
  ['497', 403],
  ['159', 408],
  ['241', 500],
]);

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => refuse(response, String(error)));
});
server.listen(port, '127.0.0.1');
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  keeper.close();
  process.exit(0);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping') return send(response, Buffer.from('Ok.\n'), '');
  const body = await readBody(request);
  if (!isKnown(request)) return refuse(response, 'Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)');
  try {
    send(response, await run(url.searchParams, body), url.searchParams.get('query_id') ?? '');
  } catch (error) {
    refuse(response, error instanceof Error ? error.message : String(error));
  }
}

function isKnown({ headers }: IncomingMessage): boolean {
  if (password === undefined) return true;
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  return Buffer.from(basic, 'base64').toString().split(':').slice(1).join(':') === password;
}

async function run(parameters: URLSearchParams, body: Buffer): Promise<Buffer> {
  const sql = parameters.get('query') ?? '';
  const settings = settingsOf(parameters);
  const session = new Session(folder);
  try {
    const rows = rowFormats.exec(sql);
    if (rows !== null && body.length > 0) {
      if (settings !== '') await session.queryAsync(`${settings}SELECT 1`, { format: 'Null' });
      await session.insert({ table: rows[1] ?? '', values: body, format: rows[2] ?? '' });
      return Buffer.alloc(0);
    }
    const text = sql === '' ? body.toString() : `${sql}\n${body.toString()}`;
    const result = await session.queryAsync(settings + text, { format: parameters.get('default_format') ?? 'TabSeparated' });
    return Buffer.from(result.bytes());
  } finally {
    session.close();
  }
}

/** Settings and query parameters as the statements that set them for this one context. */
function settingsOf(parameters: URLSearchParams): string {
  return [...parameters]
    .filter(([name]) => !ownParameters.has(name) && /^\w+$/.test(name))
    .map(([name, value]) => `SET ${name} = ${/^-?\d+(\.\d+)?$/.test(value) && !name.startsWith('param_') ? value : quoted(value)};`)
    .join('');
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stream = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, body: Buffer, queryId: string): void {
  const summary = {
    read_rows: '0',
    read_bytes: '0',
    written_rows: '0',
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: '0',
  };
  response.writeHead(200, {
    'X-ClickHouse-Query-Id': queryId,
    'X-ClickHouse-Summary': JSON.stringify(summary),
    'Content-Length': body.length,
  });
  response.end(body);
}

function refuse(response: ServerResponse, problem: string): void {
  const code = /Code: (\d+)/.exec(problem)?.[1] ?? '1002';
  const text = problem.slice(Math.max(0, problem.indexOf('Code: ')));
  const body = Buffer.from(`${text.startsWith('Code: ') ? text : `Code: ${code}. DB::Exception: ${text}`}\n`);
  response.writeHead(statusOf.get(code) ?? 500, { 'X-ClickHouse-Exception-Code': code, 'Content-Length': body.length });
  response.end(body);
}
