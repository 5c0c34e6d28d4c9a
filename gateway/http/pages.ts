import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Authenticator } from '../auth/authenticate.ts';
import type { IncomingCall, OutgoingAnswer } from './route.ts';
import { pagePolicy, securityHeaders } from './security-headers.ts';

export interface PagesOptions {
  /** Folder of the viewer's files. A path without a file extension that is no folder is answered with the page of its first segment. */
  readonly directory: string;
  readonly authenticator: Authenticator;
  /** Where pictures may come from besides here. */
  readonly imageOrigin?: string | undefined;
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * The viewer's pages. They hold nothing of a tenant, but they are shown only to somebody who is known, so that a stranger sees one clear
 * sentence instead of a page full of refusals. A visit with `?token=` gets the token as a cookie and is sent to the same address without it:
 * a token in an address bar ends up in histories, screenshots and referrers.
 */
export function createPages({
  directory,
  authenticator,
  imageOrigin,
}: PagesOptions): (call: IncomingCall, path: string) => Promise<OutgoingAnswer | undefined> {
  const policy = pagePolicy(imageOrigin);
  return async (call, path) => {
    const token = call.query.get('token');
    if (token !== null)
      return authenticator.verify(token) === undefined ? unknownVisitor() : redirect(call, path, authenticator.cookieFor(token));
    const file = await findFile(directory, path);
    if (file === undefined) return undefined;
    const isPage = file.mediaType.startsWith('text/html');
    const identity = authenticator.identify({ authorization: call.headers['authorization'], cookie: call.headers['cookie'] });
    if (isPage && identity === undefined) return unknownVisitor();
    return {
      status: 200,
      headers: { ...securityHeaders, 'content-security-policy': policy, 'content-type': file.mediaType, 'cache-control': 'no-cache' },
      body: file.body,
    };
  };
}

function redirect(call: IncomingCall, path: string, cookie: string): OutgoingAnswer {
  const rest = new URLSearchParams(call.query);
  rest.delete('token');
  const query = rest.size === 0 ? '' : `?${rest}`;
  // A path that begins with two slashes would be another host; browsers read a backslash as a slash.
  const location = `${path.replace(/^[/\\]+/, '/')}${query}`;
  return { status: 303, headers: { ...securityHeaders, location, 'set-cookie': cookie }, body: Buffer.alloc(0) };
}

function unknownVisitor(): OutgoingAnswer {
  const text = 'Open the address with ?token=… that the server printed when it started, or use a key as Authorization: Bearer.';
  const body = Buffer.from(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Not signed in</title><h1>Not signed in</h1><p>${text}</p></html>\n`,
  );
  return { status: 401, headers: { ...securityHeaders, 'content-type': 'text/html; charset=utf-8' }, body };
}

interface PageFile {
  readonly body: Buffer;
  readonly mediaType: string;
}

async function findFile(directory: string, path: string): Promise<PageFile | undefined> {
  const clean = safePath(path);
  if (clean === undefined) return undefined;
  const segment = clean.split('/')[1] ?? '';
  const candidates = extname(clean) === '' ? [`${clean}/index.html`, `${clean}.html`, `/${segment}.html`] : [clean];
  for (const candidate of candidates) {
    const mediaType = mediaTypes[extname(candidate)];
    const body = mediaType === undefined ? undefined : await readIfThere(join(directory, candidate));
    if (body !== undefined && mediaType !== undefined) return { body, mediaType };
  }
  return undefined;
}

/** `undefined` for anything that could leave the folder. */
function safePath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0') || decoded.includes('\\') || decoded.split('/').includes('..')) return undefined;
  const clean = normalize(decoded).split(sep).join('/');
  return clean.length > 1 ? clean.replace(/\/$/, '') : '/';
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}
