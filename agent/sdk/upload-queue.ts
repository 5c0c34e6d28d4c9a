import type { CaptureEvent } from '../../schemas/types/capture-event.ts';

/**
 * What has not been acked yet. In memory here; a recorder that must survive its own end keeps it in IndexedDB or a file behind this interface.
 * Events stand in seq order without holes.
 */
export interface UploadQueue {
  add(event: CaptureEvent): Promise<void>;
  /** The oldest events, at most `count`. */
  head(count: number): Promise<readonly CaptureEvent[]>;
  /** Another event in the place of the one with this seq. */
  replace(event: CaptureEvent): Promise<void>;
  /** Drops acked events, and pictures that no event of the queue names. */
  dropUpTo(seq: number): Promise<void>;
  /** Seq of the newest event, `undefined` when empty. */
  lastSeq(): Promise<number | undefined>;
  addPicture(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  picture(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** A queue that ends with the process. */
export function createMemoryQueue(): UploadQueue {
  let events: CaptureEvent[] = [];
  const pictures = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    async add(event) {
      events.push(event);
    },
    head: async (count) => events.slice(0, count),
    async replace(event) {
      events = events.map((other) => (other.seq === event.seq ? event : other));
    },
    async dropUpTo(seq) {
      const acked = events.filter((event) => event.seq <= seq);
      events = events.filter((event) => event.seq > seq);
      const needed = new Set(events.flatMap(({ screenshot }) => screenshot?.sha256 ?? []));
      for (const { screenshot } of acked)
        if (screenshot !== undefined && !needed.has(screenshot.sha256)) pictures.delete(screenshot.sha256);
    },
    lastSeq: async () => events.at(-1)?.seq,
    async addPicture(sha256, bytes) {
      pictures.set(sha256, bytes);
    },
    picture: async (sha256) => pictures.get(sha256),
  };
}
