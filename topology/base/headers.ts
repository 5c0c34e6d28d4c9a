/** Headers of a record: a value is bytes, names may repeat. */
export type Headers = readonly (readonly [name: string, value: Buffer])[];
