/**
 * Why a value could not be written or bytes not read: the problem, and the field path that grows while the call unwinds.
 * Never leaves the codec; `createAvroCodec` turns it into SERDE_FAILED.
 */
export class AvroFault extends Error {
  readonly problem: string;
  #path = '';

  constructor(problem: string) {
    super(problem);
    this.name = 'AvroFault';
    this.problem = problem;
  }

  /** Puts `segment` (a field name, or `[3]`) in front of the path. */
  inside(segment: string): this {
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.';
    this.#path = `${segment}${joint}${this.#path}`;
    return this;
  }

  /** `events[3].target.name`; empty when the whole value is wrong. */
  get path(): string {
    return this.#path;
  }
}
