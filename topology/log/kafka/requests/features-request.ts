import type { KafkaRequest } from '../wire/kafka-request.ts';

export interface ClusterFeatures {
  readonly code: number;
  /** Feature levels that the whole cluster has agreed on (KIP-584), such as `transaction.version`. */
  readonly levels: ReadonlyMap<string, number>;
}

const finalizedFeaturesTag = 2;

/** ApiVersions v3, for what the cluster has finalized. */
export function featuresRequest(): KafkaRequest<ClusterFeatures> {
  return {
    api: 'ApiVersions',
    version: 3,
    isFlexible: true,
    write: (writer) => writer.string('stepwright').string('1').tags(),
    read: (reader) => {
      // This answer's header has no tag section, so that any client can read it (KIP-511): the byte that was taken for one is the first of the code, which is 0.
      const code = reader.int8();
      reader.array(() => {
        reader.int16();
        reader.int16();
        reader.int16();
        reader.tags();
      });
      reader.int32();
      const levels = new Map<string, number>();
      reader
        .tagged()
        .get(finalizedFeaturesTag)
        ?.array((field) => {
          levels.set(field.string(), field.int16());
          field.int16();
          field.tags();
        });
      return { code, levels };
    },
  };
}
