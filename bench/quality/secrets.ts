import type { DomNode } from './recording.ts';

/** Made by the platform, not taken from the recording: a short password may stand in one by chance. */
const identifierKeys = new Set([
  'guideId',
  'stepId',
  'tenantId',
  'sessionId',
  'imageId',
  'fullKey',
  'thumbnailKey',
  'cropKey',
  'annotatedKey',
]);

/** Where in a document a password of the last page stands. Paths only, never the password. */
export function leakedPasswords(finalDom: DomNode, document: unknown): readonly string[] {
  const passwords = passwordsOf(finalDom);
  if (passwords.length === 0) return [];
  return strings(document, '').flatMap(([path, text]) => (passwords.some((password) => text.includes(password)) ? [path] : []));
}

function passwordsOf(node: DomNode): readonly string[] {
  const own = node.tag === 'INPUT_password' && typeof node.value === 'string' && node.value !== '' ? [node.value] : [];
  return [...own, ...node.children.flatMap(passwordsOf)];
}

function strings(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => (identifierKeys.has(key) ? [] : strings(below, `${path}/${key}`)));
}
