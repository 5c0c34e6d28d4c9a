import type { Serde } from '../../../schemas/serde.ts';
import type { Windowed } from '../../../state/store.ts';

/** Four bytes, big-endian, as Kafka's IntegerSerializer for what is counted here. */
export const uint32Serde: Serde<number> = {
  serialize: (value) => {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    return bytes;
  },
  deserialize: (bytes) => bytes.readUInt32BE(0),
};

/** Bytes in memory of their own, as Kafka's ByteArrayDeserializer gives them. */
export const ownBufferSerde: Serde<Buffer> = { serialize: (value) => value, deserialize: (bytes) => Buffer.from(bytes) };

/** Key, end and start, as Kafka Streams' SessionWindowedSerializer writes them. */
export const sessionSerde: Serde<Windowed<string>> = {
  serialize: ({ key, startMs, endMs }) => {
    const keyBytes = Buffer.byteLength(key);
    const bytes = Buffer.allocUnsafe(keyBytes + 16);
    bytes.write(key, 0);
    bytes.writeBigInt64BE(BigInt(endMs), keyBytes);
    bytes.writeBigInt64BE(BigInt(startMs), keyBytes + 8);
    return bytes;
  },
  deserialize: (bytes) => {
    const keyBytes = bytes.length - 16;
    return {
      key: bytes.toString('utf8', 0, keyBytes),
      endMs: Number(bytes.readBigInt64BE(keyBytes)),
      startMs: Number(bytes.readBigInt64BE(keyBytes + 8)),
    };
  },
};
