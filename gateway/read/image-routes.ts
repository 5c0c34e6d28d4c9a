import { createHash } from 'node:crypto';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { ImageLinks } from '../../sinks/ports/image-links.ts';
import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import type { ApiAnswer, ScopedRequest, ScopedRoute } from '../http/route.ts';
import type { ReadDeps } from './ports.ts';
import { gone, isGone } from './session-routes.ts';

const folder = 'images';
const segmentPattern = /^(?!\.\.?$)[A-Za-z0-9._-]{1,120}$/;
const imageTypes = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/avif']);

/** Redacted pictures, by the keys that steps carry: `images/<tenant>/<session>/…`. The leading `images/` may be left out. */
export function imageRoutes(deps: ReadDeps): readonly ScopedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/images/{key+}',
      access: 'read',
      document: {
        tag: 'read',
        summary: 'A redacted picture by the key that a step or guide names. The bytes of a key never change.',
        params: { key: { type: 'string', pattern: '^(images/)?[A-Za-z0-9._-]{1,120}(/[A-Za-z0-9._-]{1,120}){2,}$' } },
        answers: {
          200: { description: 'The picture.', contentType: 'image/png, image/jpeg or image/webp' },
          302: {
            description:
              'Where the picture is, by an address that works for a short time; when the object store hands out pictures itself.',
          },
        },
        codes: ['IMAGE_UNKNOWN', 'SESSION_GONE'],
      },
      handle: (request) => answerImage(deps, request),
    },
  ];
}

async function answerImage(deps: ReadDeps, request: ScopedRequest): Promise<ApiAnswer | Refusal> {
  const segments = (request.params['key'] ?? '').split('/');
  const [tenantId, sessionId, ...rest] = segments[0] === folder ? segments.slice(1) : segments;
  const isOurs = tenantId === request.principal.tenantId && segments.every((segment) => segmentPattern.test(segment));
  if (!isOurs || sessionId === undefined || rest.length === 0) return unknownImage();
  if (isGone(deps, { tenantId, sessionId })) return gone();
  const key = [folder, tenantId, sessionId, ...rest].join('/');
  if (deps.imageLinks !== undefined) return linkToImage(deps.images, deps.imageLinks, key);
  const [head, body] = await Promise.all([deps.images.head(key), deps.images.get(key)]);
  // Nothing but pictures is handed out under this path, whatever stands in the store.
  if (head === undefined || body === undefined || !imageTypes.has(head.contentType)) return unknownImage();
  return {
    status: 200,
    bytes: { body, contentType: head.contentType },
    headers: {
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${createHash('sha1').update(key).digest('base64url')}"`,
    },
  };
}

/** Only after tenant and role were checked: whoever has the address can read the picture until it ends. */
async function linkToImage(images: ObjectStore, links: ImageLinks, key: string): Promise<ApiAnswer | Refusal> {
  const head = await images.head(key);
  if (head === undefined || !imageTypes.has(head.contentType)) return unknownImage();
  // Half of its time in the browser's cache, so that no address is used after its end.
  const maxAge = Math.floor(links.validMs / 2_000);
  return { status: 302, headers: { location: await links.linkTo(key), 'cache-control': `private, max-age=${maxAge}` } };
}

function unknownImage(): Refusal {
  return refuse('IMAGE_UNKNOWN', 'there is no such image', { field: 'key' });
}
