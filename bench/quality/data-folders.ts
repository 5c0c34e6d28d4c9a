import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the package; compiled code runs from dist/bench/quality. */
export const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The dozen recordings kept with the tests. */
export const bundledRecordings = join(packageRoot, 'bench', 'quality', 'testdata');

/** All 103, when they lie beside the checkout. */
export function fullRecordings(): string | undefined {
  const beside = join(packageRoot, '..', 'shared', 'data', 'miniwob');
  return existsSync(beside) ? beside : undefined;
}
