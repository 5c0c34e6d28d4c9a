/** On every answer; an answer's own headers win. API answers load nothing and are framed nowhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** For the viewer's own pages: scripts and connections of this origin only, pictures of `imageOrigin` too. */
export function pagePolicy(imageOrigin?: string): string {
  const images = imageOrigin === undefined ? '' : ` ${imageOrigin}`;
  return `default-src 'self'; img-src 'self' data: blob:${images}; style-src 'self' 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'`;
}

/** For guides as documents: they carry their style and pictures; a script in one would be an injection, so none runs. */
export const documentPolicy =
  "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'none'; base-uri 'none'";
