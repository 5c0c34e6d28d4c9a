import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where servers are kept: `.cache/services/<name>` of the repository, which git ignores. */
export function cacheFolder(name: string): string {
  return join(repositoryRoot(), '.cache', 'services', name);
}

/** The folder that holds package.json, from the sources as well as from dist. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('services: no package.json above this file');
    folder = parent;
  }
  return folder;
}
