import { jsonSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../keys/key-serdes.ts';
import { keyValueStore } from '../store.ts';

/** The stores that `crash-child.ts` writes and the crash test reads. */
export const crashSpecs = {
  rows: keyValueStore('rows', { key: stringKey, value: jsonSerde<number>() }),
  latest: keyValueStore('latest', { key: stringKey, value: jsonSerde<number>() }),
};
