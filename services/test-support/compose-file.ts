import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../cache-folder.ts';

/** What is read of docker-compose.yml. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, object | null>>;
}

export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly restart: string;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly user?: string;
  readonly healthcheck: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export function fileOfRepository(...path: readonly string[]): string {
  return readFileSync(join(repositoryRoot(), ...path), 'utf8');
}

/** With its anchors and merges resolved, variables as they are written. */
export function readComposeFile(): ComposeFile {
  const file: ComposeFile = parse(fileOfRepository('docker-compose.yml'), { merge: true });
  return file;
}

/** Roles of Stepwright, by the name of the service. */
export function stepwrightServices({ services }: ComposeFile): readonly (readonly [string, ComposeService])[] {
  return Object.entries(services).filter(([, { image }]) => image.startsWith('stepwright:'));
}

/** As Compose hands it over: `${NAME:-default}` is what is given for the name, or else the default. What is required stays as it is written. */
export function environmentOf(
  { environment = {} }: Pick<ComposeService, 'environment'>,
  given: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const resolved = (value: string): string =>
    value.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_all, name: string, other: string) => given[name] ?? other);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, resolved(value)]));
}

/** `${NAME:?…}` anywhere in a text. */
export function requiredVariables(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name))];
}
