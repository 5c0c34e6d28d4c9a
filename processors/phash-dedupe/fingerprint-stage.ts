import type { ErrorCode } from '../../topology/base/error-codes.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Screenshot } from '../../schemas/types/capture-event.ts';
import type { FactMessage, RedactedMessage, SessionChanged, SessionInfo } from '../model.ts';
import type { ImageFingerprint, ImageTools } from '../ports/image-tools.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { maskPixels } from './shot-pixels.ts';

/** fingerprint stage → phash-dedupe. Without a fingerprint the picture is compared with nothing. */
export type FingerprintedMessage =
  | (Extract<RedactedMessage, { readonly type: 'step' }> & { readonly fingerprint?: ImageFingerprint })
  | SessionChanged
  | FactMessage;

export interface FingerprintStageDeps {
  readonly images: ImageTools;
  /** Opens what is in quarantine: the object store with its seal taken off. */
  readonly originals: Pick<ObjectStore, 'get'>;
  /** Fingerprints remembered, because a step comes several times with one picture. Default 128, about 10 KB each. */
  readonly rememberedCount?: number;
}

/** The stage before phash-dedupe: idempotent, touches no store, so it may run any number of times for one record (`mapAsync`). */
export interface FingerprintStage {
  /** @throws what the object store throws with disposition `retry`. */
  map(record: { readonly value: RedactedMessage }): Promise<FingerprintedMessage>;
  /** Messages that have no picture. */
  bypass(record: { readonly value: RedactedMessage }): FingerprintedMessage | undefined;
}

export function createFingerprintStage(deps: FingerprintStageDeps): FingerprintStage {
  const remembered = new Map<string, Promise<ImageFingerprint | undefined>>();
  const limit = deps.rememberedCount ?? 128;
  return {
    bypass: ({ value }) => (value.type === 'step' && value.picture !== undefined ? undefined : value),
    map: async ({ value }) => {
      if (value.type !== 'step' || value.picture === undefined) return value;
      const { shot } = value.picture;
      const fingerprint = await recall(remembered, limit, idOf(value.session, shot), () => fingerprintOf(deps, value.session, shot));
      return fingerprint === undefined ? value : { ...value, fingerprint };
    },
  };
}

function idOf({ tenantId, sessionId }: SessionInfo, shot: Screenshot): string {
  return JSON.stringify([tenantId, sessionId, shot.sha256, shot.scale, shot.masks]);
}

async function fingerprintOf(deps: FingerprintStageDeps, session: SessionInfo, shot: Screenshot): Promise<ImageFingerprint | undefined> {
  try {
    const original = await deps.originals.get(`quarantine/${session.tenantId}/${session.sessionId}/${shot.sha256}`);
    return original === undefined ? undefined : await deps.images.fingerprint(original, maskPixels(shot));
  } catch (error) {
    if (isLasting(error)) return undefined;
    throw error;
  }
}

/** What trying again does not change: the step goes on with its own picture, and the redact stage says what is wrong with it. */
const lasting: readonly ErrorCode[] = ['IMAGE_INVALID', 'IMAGE_TOO_LARGE', 'OBJECT_KEY_INVALID', 'SEAL_KEY_GONE', 'SEAL_BROKEN'];

function isLasting(error: unknown): boolean {
  return hasCode(error, ...lasting);
}

/** The newest stay; a failure is not remembered. Work that runs is shared. */
async function recall<Value>(
  remembered: Map<string, Promise<Value>>,
  limit: number,
  id: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const value = remembered.get(id) ?? work();
  remembered.delete(id);
  remembered.set(id, value);
  const [oldest] = remembered.size > limit ? remembered.keys() : [];
  if (oldest !== undefined) remembered.delete(oldest);
  try {
    return await value;
  } catch (error) {
    remembered.delete(id);
    throw error;
  }
}
