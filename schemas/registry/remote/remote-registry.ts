import { StepwrightError } from '../../../topology/base/errors.ts';
import { parseSchema } from '../../codec/parse-schema.ts';
import { isFields } from '../../codec/schema-model.ts';
import { assertReadsAll } from '../check-new-version.ts';
import type { RegisteredSchema, SchemaRegistry } from '../schema-registry.ts';
import { reasonIn, RegistryClient, type RegistryClientOptions } from './registry-client.ts';

export interface RemoteRegistryOptions extends RegistryClientOptions {
  readonly nowMs: () => number;
}

/** Outlasts a registry that starts anew: up to twenty seconds when it refuses connections. */
export const remoteRegistryDefaults = { timeoutMs: 5_000, attempts: 10 } as const;

/** How long an id that nobody has registered is not asked for again. */
const absentForMs = 10_000;
const wantedLevel = 'BACKWARD_TRANSITIVE';
const strictEnough: ReadonlySet<unknown> = new Set([wantedLevel, 'FULL_TRANSITIVE']);

/** A registry with Confluent's API: Confluent's own, Apicurio, Karapace, Redpanda. */
export function createRemoteRegistry(options: RemoteRegistryOptions): SchemaRegistry {
  return new RemoteRegistry(options);
}

/**
 * Owns what it has learned: an id names one schema for ever, so nothing learned is asked for again.
 * - Before a version is registered, we check that it reads all versions that stand, with the field in the message; and the subject's own rule is
 *   BACKWARD_TRANSITIVE, so that of two processes that pass the check at once the registry lets none through that does not read the other's.
 * - What a registration answered is read back and compared: a registry that gives an id to another schema than ours stops us before a record is written.
 */
class RemoteRegistry implements SchemaRegistry {
  readonly #client: RegistryClient;
  readonly #nowMs: () => number;
  readonly #texts = new Map<number, string>();
  readonly #absentUntilMs = new Map<number, number>();
  readonly #asking = new Set<number>();
  readonly #failures = new Map<number, StepwrightError>();

  constructor(options: RemoteRegistryOptions) {
    this.#client = new RegistryClient(options);
    this.#nowMs = options.nowMs;
  }

  async register(subject: string, schemaText: string): Promise<number> {
    parseSchema(schemaText);
    const versions = await this.versionsOf(subject);
    const known = versions.find((version) => isSame(version.schemaText, schemaText));
    if (known !== undefined) return known.id;
    assertReadsAll(subject, schemaText, versions);
    await this.#requireReadable(subject);
    const id = await this.#registerNew(subject, schemaText);
    // Some registries keep no rule for a subject that is not there yet.
    if (versions.length === 0) await this.#requireReadable(subject);
    const standing = await this.#fetchText(id);
    if (standing === undefined || !isSame(standing, schemaText)) throw strayId(id);
    this.#learn(id, standing);
    return id;
  }

  schemaById(id: number): string | undefined {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    if ((this.#absentUntilMs.get(id) ?? 0) > this.#nowMs()) return undefined;
    const failure = this.#failures.get(id);
    this.#failures.delete(id);
    if (!this.#asking.has(id)) void this.#ask(id);
    throw failure ?? underWay(id);
  }

  async versionsOf(subject: string): Promise<readonly RegisteredSchema[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const numbers = (await this.#client.read(path)) ?? [];
    if (!Array.isArray(numbers)) throw this.#client.refused({ status: 200, json: numbers });
    const versions: RegisteredSchema[] = [];
    for (const number of numbers) {
      // A version that was deleted between the two requests is none.
      const version: unknown = await this.#client.read(`${path}/${Number(number)}`);
      if (version === undefined) continue;
      const read = versionIn(subject, version) ?? this.#notOurs(version);
      this.#learn(read.id, read.schemaText);
      versions.push(read);
    }
    return versions;
  }

  /** @throws {SCHEMA_INCOMPATIBLE | SCHEMA_INVALID} with the registry's verdict. */
  async #registerNew(subject: string, schema: string): Promise<number> {
    const answer = await this.#client.write('POST', `/subjects/${encodeURIComponent(subject)}/versions`, { schema });
    const { status, json } = answer;
    if (status === 409)
      throw new StepwrightError('SCHEMA_INCOMPATIBLE', `${subject}: the registry refused it${reasonIn(json)}`, { context: { subject } });
    if (status === 422)
      throw new StepwrightError('SCHEMA_INVALID', `${subject}: the registry refused it${reasonIn(json)}`, { context: { subject } });
    const id = isFields(json) ? json['id'] : undefined;
    return typeof id === 'number' ? id : this.#notOurs(json);
  }

  async #requireReadable(subject: string): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`;
    const standing = await this.#client.read(path);
    if (isFields(standing) && strictEnough.has(standing['compatibilityLevel'])) return;
    await this.#client.write('PUT', path, { compatibility: wantedLevel });
  }

  /** In the background, for `schemaById`. */
  async #ask(id: number): Promise<void> {
    this.#asking.add(id);
    try {
      const text = await this.#fetchText(id);
      if (text === undefined) this.#absentUntilMs.set(id, this.#nowMs() + absentForMs);
      else this.#learn(id, text);
    } catch (error) {
      this.#failures.set(id, asRetry(error));
    } finally {
      this.#asking.delete(id);
    }
  }

  /** @throws {SCHEMA_REGISTRY_REFUSED} when the registry lost what it had and numbers anew: records under that id would be read with the wrong schema. */
  #learn(id: number, text: string): void {
    const known = this.#texts.get(id);
    if (known !== undefined && !isSame(known, text)) throw strayId(id);
    this.#texts.set(id, text);
  }

  async #fetchText(id: number): Promise<string | undefined> {
    const json = await this.#client.read(`/schemas/ids/${id}`);
    if (json === undefined) return undefined;
    const text = isFields(json) ? json['schema'] : undefined;
    return typeof text === 'string' ? text : this.#notOurs(json);
  }

  #notOurs(json: unknown): never {
    throw this.#client.refused({ status: 200, json });
  }
}

function versionIn(subject: string, json: unknown): RegisteredSchema | undefined {
  const { id, schema } = isFields(json) ? json : {};
  return typeof id === 'number' && typeof schema === 'string' ? { id, subject, schemaText: schema } : undefined;
}

/** A registry may keep a schema without our blanks. */
function isSame(left: string, right: string): boolean {
  return left === right || (isJson(left) && isJson(right) && JSON.stringify(JSON.parse(left)) === JSON.stringify(JSON.parse(right)));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whoever reads a record waits for the registry, whatever it refused: somebody can set it right, and the record is not at fault. */
function asRetry(error: unknown): StepwrightError {
  const message = error instanceof Error ? error.message : 'unknown error';
  return new StepwrightError('SCHEMA_REGISTRY_UNAVAILABLE', message, { disposition: 'retry', cause: error });
}

function underWay(id: number): StepwrightError {
  const message = `schema ${id} is being asked for at the registry; the record is read again when the answer is there`;
  return new StepwrightError('SCHEMA_REGISTRY_UNAVAILABLE', message, { disposition: 'retry', context: { id } });
}

function strayId(id: number): StepwrightError {
  const message = `the registry has another schema under id ${id} than before: it lost what it had. Nothing is written with it; restore the registry.`;
  return new StepwrightError('SCHEMA_REGISTRY_REFUSED', message, { context: { id } });
}
