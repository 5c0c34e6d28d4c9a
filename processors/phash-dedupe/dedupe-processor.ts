import type { Serde } from '../../schemas/serde.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { ttlStore, type TtlKeyValueStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { ImagedMessage } from '../model.ts';
import { chooseImage } from './choose-image.ts';
import { emptyDedupeSession, type DedupeSession } from './dedupe-state.ts';
import type { FingerprintedMessage } from './fingerprint-stage.ts';

export interface DedupeStores {
  /** By record key. */
  readonly sessions: TtlKeyValueStore<string, DedupeSession>;
  /** Packed tiles of kept pictures, by record key, newline, hash of the masked pixels. */
  readonly tiles: TtlKeyValueStore<string, Buffer>;
}

/** Both values should be sealed: masks say where secrets were, and tiles are a coarse copy of a page that is not redacted yet. */
export function dedupeStoreSpecs(serdes: { readonly session: Serde<DedupeSession>; readonly tiles: Serde<Buffer> }, ttlMs: number) {
  return {
    sessions: ttlStore<string, DedupeSession>('phash-dedupe-sessions', { key: stringKey, value: serdes.session, ttlMs }),
    tiles: ttlStore<string, Buffer>('phash-dedupe-tiles', { key: stringKey, value: serdes.tiles, ttlMs }),
  };
}

type FingerprintedStep = Extract<FingerprintedMessage, { readonly type: 'step' }>;

/**
 * fingerprint stage → image stage. Says which picture each step shows; every step goes on, in order, exactly once. Deterministic: fingerprints are
 * functions of the picture, and the state holds what came before in this session only (T1).
 */
export function createDedupeProcessor(
  context: ProcessorContext<string, ImagedMessage, DedupeStores>,
): Processor<string, FingerprintedMessage> {
  const { sessions, tiles } = context.stores;

  function onStep(record: StreamRecord<string, FingerprintedStep>): void {
    const { fingerprint, ...message } = record.value;
    const { session, picture } = message;
    if (picture === undefined) {
      context.forward({ ...record, value: message });
      return;
    }
    const { shot, highlight } = picture;
    if (fingerprint === undefined) {
      context.forward({ ...record, value: { ...message, chosen: { shot } } });
      return;
    }
    const before = sessions.get(record.key) ?? emptyDedupeSession;
    const tilesKey = (pixelsSha256: string): string => `${record.key}\n${pixelsSha256}`;
    const subject = { ...picture, stepId: message.step.stepId, ...(highlight === undefined ? {} : { target: { rect: highlight } }) };
    const choice = chooseImage(before, { session, step: subject, shot, fingerprint }, ({ pixelsSha256 }) =>
      tiles.get(tilesKey(pixelsSha256)),
    );
    if (choice.isKept) tiles.put(tilesKey(fingerprint.pixelsSha256), fingerprint.tiles);
    for (const { pixelsSha256 } of choice.dropped) {
      if (!choice.state.kept.some((kept) => kept.pixelsSha256 === pixelsSha256)) tiles.delete(tilesKey(pixelsSha256));
    }
    if (choice.state !== before) sessions.put(record.key, choice.state);
    context.forward({ ...record, value: { ...message, chosen: choice.chosen } });
  }

  return {
    process(record: StreamRecord<string, FingerprintedMessage>): void {
      const { value } = record;
      if (value.type === 'step') onStep({ ...record, value });
      else context.forward({ ...record, value });
    },
  };
}
