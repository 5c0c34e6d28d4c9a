import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs } from '../../../topology/base/backoff.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import { isFields } from '../../codec/schema-model.ts';

export interface RegistryClientOptions {
  /** With its path, like `http://127.0.0.1:8081` or `http://host/apis/ccompat/v7`; no user in it. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Longest time of one attempt. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Waits between attempts. Default: the machine's clock. */
  readonly wait?: (delayMs: number) => Promise<unknown>;
  readonly fetch?: typeof fetch;
  /** Told once a request has to be repeated, of the first attempt that got no answer: the rest may take a while. */
  readonly onAway?: (message: string) => void;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly json: unknown;
}

const mediaType = 'application/vnd.schemaregistry.v1+json';
const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 } as const;
/** Confluent's numbers for "there is none": subject, version, schema, and a subject without a rule of its own. */
const absentCodes: ReadonlySet<unknown> = new Set([40401, 40402, 40403, 40408]);

/** Requests of Confluent's registry API: bounded in time, repeated with full jitter while the registry is away. */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  readonly #base: string;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
  }

  /** The answer's JSON, or undefined for what is not there. @throws {SCHEMA_REGISTRY_UNAVAILABLE | SCHEMA_REGISTRY_REFUSED} */
  async read(path: string): Promise<unknown> {
    const answer = await this.#send('GET', path);
    if (answer.status === 200) return answer.json;
    if (answer.status === 404 && isFields(answer.json) && absentCodes.has(answer.json['error_code'])) return undefined;
    throw this.refused(answer);
  }

  /** Any answer that is no failure of the registry itself: 409 and 422 are verdicts. @throws {SCHEMA_REGISTRY_UNAVAILABLE | SCHEMA_REGISTRY_REFUSED} */
  async write(method: 'POST' | 'PUT', path: string, body: object): Promise<RegistryAnswer> {
    const answer = await this.#send(method, path, JSON.stringify(body));
    if (answer.status === 200 || answer.status === 409 || answer.status === 422) return answer;
    throw this.refused(answer);
  }

  refused({ status, json }: RegistryAnswer): StepwrightError {
    const isDenied = status === 401 || status === 403;
    const advice = isDenied
      ? 'check --registry-user, --registry-password and what they may do'
      : 'check that --registry is the address of a registry';
    const message = `The schema registry at ${this.#base} refused (HTTP ${status}${reasonIn(json)}): ${advice}.`;
    return new StepwrightError('SCHEMA_REGISTRY_REFUSED', message, { context: { status } });
  }

  async #send(method: string, path: string, body?: string): Promise<RegistryAnswer> {
    const { attempts, random, wait = delay, onAway = () => {} } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(method, path, body);
      if (typeof outcome !== 'string') return outcome;
      if (attempt >= attempts) throw this.#unavailable(outcome);
      if (attempt === 1) onAway(`The schema registry at ${this.#base} does not answer (${outcome}); it is asked up to ${attempts} times.`);
      await wait(backoffDelayMs(attempt, { random, ...backoff }));
    }
  }

  /** The answer, or why there is none. */
  async #attempt(method: string, path: string, body: string | undefined): Promise<RegistryAnswer | string> {
    const { timeoutMs, fetch: send = fetch } = this.#options;
    try {
      const response = await send(`${this.#base}${path}`, {
        method,
        headers: { accept: mediaType, ...(body !== undefined && { 'content-type': mediaType }), ...this.#authorization() },
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      const { status } = response;
      return status >= 500 || status === 408 || status === 429 ? `HTTP ${status}` : { status, json: jsonOrText(text) };
    } catch (error) {
      return networkReason(error);
    }
  }

  #authorization(): Readonly<Record<string, string>> {
    const { user, password } = this.#options;
    if (user === undefined || password === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }

  #unavailable(reason: string): StepwrightError {
    const message = `The schema registry at ${this.#base} does not answer (${reason}; asked ${this.#options.attempts} times). Bring it back or correct --registry.`;
    return new StepwrightError('SCHEMA_REGISTRY_UNAVAILABLE', message, { disposition: 'retry', context: { reason } });
  }
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The registry's own words; they name fields and types of schemas. */
export function reasonIn(json: unknown): string {
  const reason = isFields(json) ? json['message'] : undefined;
  return typeof reason === 'string' ? `, ${reason.slice(0, 300)}` : '';
}
