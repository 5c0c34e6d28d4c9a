/** Which hosts and origins a request may name. */
export interface OriginPolicy {
  /** Host names without port that reach this server; empty allows any (behind a proxy that checks them). */
  readonly hosts: readonly string[];
  /** Origins of pages and extensions that may call the ingest routes from a browser. */
  readonly allowedOrigins: readonly string[];
}

/** A page on another name that resolves here (DNS rebinding) sends its own name: that is refused. */
export function isKnownHost(policy: OriginPolicy, hostHeader: string | undefined): boolean {
  if (policy.hosts.length === 0) return true;
  if (hostHeader === undefined) return false;
  const name = hostHeader.replace(/:\d+$/, '').toLowerCase();
  return policy.hosts.includes(name);
}

/** `none`: not from a page. `own`: a page that this server gave out. `allowed`: configured. */
export function classifyOrigin(
  policy: OriginPolicy,
  origin: string | undefined,
  host: string | undefined,
): 'none' | 'own' | 'allowed' | 'foreign' {
  if (origin === undefined) return 'none';
  if (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)) return 'own';
  return policy.allowedOrigins.includes(origin) ? 'allowed' : 'foreign';
}

/** Answer headers that let an allowed page read the answer of an ingest route. */
export function corsHeaders(origin: string): Readonly<Record<string, string>> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'retry-after, x-request-id', vary: 'origin' };
}

/** Answer to the preflight of an ingest route. Chromium asks separately before a public page may reach a private address. */
export function preflightHeaders(origin: string, methods: readonly string[]): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': 'authorization, content-type, content-encoding, stepwright-device, x-request-id',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '600',
  };
}
