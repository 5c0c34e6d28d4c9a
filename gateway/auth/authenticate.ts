import type { Principal } from './principal.ts';

/** Anything that knows keys: the key store, session tokens, later OIDC. */
export interface KeyVerifier {
  verify(text: string): Principal | undefined;
}

export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

export interface Identity {
  readonly principal: Principal;
  /** A cookie is sent by the browser on its own, so unsafe methods must prove that the page is ours. */
  readonly by: 'header' | 'cookie';
}

export interface Authenticator {
  identify(credentials: Credentials): Identity | undefined;
  /** Principal of a bare token (`?token=` visit, WebSocket sub-protocol). */
  verify(token: string): Principal | undefined;
  /** `set-cookie` value that carries the token from now on. Lax, not Strict: after a click in a mail or chat the redirect must carry it. */
  cookieFor(token: string): string;
}

/**
 * `Authorization: Bearer …` first, else the cookie. Cookies do not know ports, so the name holds one: two servers on one host do not
 * overwrite each other's. `isSecure`: browsers send it back over https only.
 */
export function createAuthenticator(verifiers: readonly KeyVerifier[], cookieName: string, isSecure = false): Authenticator {
  const verify = (token: string): Principal | undefined => {
    for (const verifier of verifiers) {
      const principal = verifier.verify(token);
      if (principal !== undefined) return principal;
    }
    return undefined;
  };
  return {
    verify,
    identify({ authorization, cookie }) {
      if (authorization !== undefined) {
        const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
        const principal = token === undefined ? undefined : verify(token);
        return principal && { principal, by: 'header' };
      }
      const token = cookie === undefined ? undefined : readCookie(cookie, cookieName);
      const principal = token === undefined ? undefined : verify(token);
      return principal && { principal, by: 'cookie' };
    },
    cookieFor: (token) => `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000${isSecure ? '; Secure' : ''}`,
  };
}

function readCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const [key, value] = part.split('=', 2);
    if (key?.trim() === name) return value?.trim();
  }
  return undefined;
}
