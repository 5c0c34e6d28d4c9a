import { identifierSource } from '../../schemas/identifier.ts';

/** What a key may do. An agent only records; each of the others may do what the one before may. */
export type Role = 'agent' | 'viewer' | 'editor' | 'admin';

export const roles: readonly Role[] = ['agent', 'viewer', 'editor', 'admin'];

/** What a route asks for. `operate` shows the process itself, which is above tenants. */
export type Access = 'ingest' | 'read' | 'edit' | 'operate';

/** Who asks: decided once a request, before anything is read of it. */
export interface Principal {
  readonly tenantId: string;
  readonly role: Role;
  /** Id of the key or token, for logs and usage events; not a secret. */
  readonly keyId: string;
  /** May see the process: topics, topology, metrics. */
  readonly operator: boolean;
}

const allowed: Readonly<Record<Access, readonly Role[]>> = {
  ingest: ['agent', 'editor', 'admin'],
  read: ['viewer', 'editor', 'admin'],
  edit: ['editor', 'admin'],
  operate: ['admin'],
};

/** Whether the role reaches; for `operate` the key must be an operator's too. */
export function mayAccess(principal: Principal, access: Access): boolean {
  return allowed[access].includes(principal.role) && (access !== 'operate' || principal.operator);
}

const identifier = new RegExp(`^${identifierSource}$`);

/** The pattern of `isIdentifier` for documents. */
export const identifierPattern = identifier.source;

/** The pattern in words, for messages. */
export const identifierShape = '1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit';

/** Tenant and session ids. */
export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}
