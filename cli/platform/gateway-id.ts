import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** The name of a gateway, made once a state folder, so that it stays the same after a restart. */
export function gatewayIdIn(file: string): string {
  try {
    writeFileSync(file, randomUUID().slice(0, 13), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
