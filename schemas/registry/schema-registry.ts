/**
 * Schemas by id and by subject, with Confluent's meaning: an id names one schema text for ever, a subject holds its versions in order, and a
 * new version must be able to read everything written with the older ones (BACKWARD_TRANSITIVE). Adapters pass `registry-contract.ts`.
 */
export interface SchemaRegistry {
  /**
   * The id of this schema under `subject`; registers it when it is new there. Safe to call from several processes at once.
   * @throws {SCHEMA_INVALID} when the text is not a schema; {SCHEMA_INCOMPATIBLE} naming the field that older data could not be read into.
   */
  register(subject: string, schemaText: string): Promise<number>;
  /**
   * Synchronous, because deserializing is: adapters keep what they know in memory and look once more for an unknown id; undefined when nobody registered
   * it. @throws {SCHEMA_REGISTRY_UNAVAILABLE} disposition `retry`, while the answer is under way or cannot be had: the record waits, and is never guessed at.
   */
  schemaById(id: number): string | undefined;
  /** Versions of the subject, oldest first. */
  versionsOf(subject: string): Promise<readonly RegisteredSchema[]>;
}

export interface RegisteredSchema {
  readonly id: number;
  readonly subject: string;
  readonly schemaText: string;
}

/** Confluent's TopicNameStrategy for values. */
export function valueSubject(topic: string): string {
  return `${topic}-value`;
}
