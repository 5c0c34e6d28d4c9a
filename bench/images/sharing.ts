import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { chooseImage, type Question } from '../../processors/phash-dedupe/choose-image.ts';
import { emptyDedupeSession } from '../../processors/phash-dedupe/dedupe-state.ts';
import type { ImageFingerprint } from '../../processors/ports/image-tools.ts';
import type { Shot } from './shots.ts';

export interface SharingResult {
  readonly pageCount: number;
  readonly againCount: number;
  /** Shots of a page that did not get the picture of its first shot. */
  readonly missed: readonly string[];
  readonly pairCount: number;
  /** Shots that got the picture of another page. */
  readonly merged: readonly string[];
}

interface Printed extends Shot {
  readonly fingerprint: ImageFingerprint;
}

const policy = { policyId: 'bench', version: 1, redact: [], mode: 'mask' as const, idleAfterMs: 1, maxEvents: 1, modelTitles: false };
const session = { tenantId: 'bench', sessionId: 'bench', openedAtMs: 0, policy };

/** Every shot of a page against its first; every shot of every page against the first of every other. Pages whose first shots are equal are one page. */
export async function measureSharing(shots: readonly Shot[]): Promise<SharingResult> {
  const images = createImageTools();
  const printed: Printed[] = [];
  for (const shot of shots) printed.push({ ...shot, fingerprint: await images.fingerprint(shot.body, []) });
  const firsts = new Map(printed.filter(({ variant }) => variant === 'first').map((shot) => [shot.page, shot]));
  const missed: string[] = [];
  const merged: string[] = [];
  let pairCount = 0;
  for (const kept of firsts.values()) {
    for (const next of printed) {
      if (next === kept) continue;
      const isOnePage = firsts.get(next.page)?.fingerprint.pixelsSha256 === kept.fingerprint.pixelsSha256;
      if (!isOnePage) pairCount++;
      const shared = isShared(kept, next);
      if (next.page === kept.page && !shared) missed.push(`${next.page}-${next.variant}`);
      if (!isOnePage && shared) merged.push(`${kept.page} = ${next.page}-${next.variant}`);
    }
  }
  return { pageCount: firsts.size, againCount: printed.length - firsts.size, missed, pairCount, merged };
}

/** Whether `next` would be shown as `kept`. */
function isShared(kept: Printed, next: Printed): boolean {
  const { state } = chooseImage(emptyDedupeSession, question(kept), () => undefined);
  return !chooseImage(state, question(next), () => kept.fingerprint.tiles).isKept;
}

/** Without a target rectangle: the case in which most is shared. */
function question({ page, variant, fingerprint }: Printed): Question {
  const { width, height } = fingerprint;
  const sha256 = `${page}-${variant}`;
  const shot = { ofSeq: 1, phase: 'before', sha256, sizeBytes: 1, mediaType: 'image/png', width, height, scale: 1, masks: [] } as const;
  return { session, step: { stepId: sha256 }, shot, fingerprint };
}
