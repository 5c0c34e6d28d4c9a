import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Disguise } from './canary.ts';

export interface FileFinding {
  readonly file: string;
  readonly disguise: string;
}

export interface FileScan {
  readonly fileCount: number;
  readonly bytes: number;
  readonly findings: readonly FileFinding[];
}

/** Looks for the disguises in every byte of every file below a folder. */
export function scanFiles(root: string, disguises: readonly Disguise[]): FileScan {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const findings: FileFinding[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path);
    bytes += body.length;
    for (const { name, bytes: wanted } of disguises) {
      if (body.includes(wanted) || entry.name.includes(wanted.toString())) findings.push({ file: relative(root, path), disguise: name });
    }
  }
  return { fileCount: entries.length, bytes, findings };
}
