/** What a process may do of the platform; any of them together. */
export const roles = ['gateway', 'processors', 'sinks'] as const;

export type Role = (typeof roles)[number];

export function isRole(name: string): name is Role {
  return roles.some((role) => role === name);
}
