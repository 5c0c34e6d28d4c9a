import { framePathOf } from './dom/frame-path.ts';
import { isDocument, type FrameElement } from './dom/kinds.ts';
import { frameOffset, rectOf } from './dom/rects.ts';
import type { ForeignFrame } from './mask-timeline.ts';
import type { RootContent } from './page-content.ts';

/** Finds the frames of a root whose documents cannot be read from here. */
export function createForeignFrameFinder(): (content: RootContent) => ForeignFrame[] {
  const ids = new WeakMap<FrameElement, number>();
  let idCount = 0;
  const idOf = (frame: FrameElement): number => {
    const id = ids.get(frame) ?? (idCount += 1);
    ids.set(frame, id);
    return id;
  };
  return (content) => foreignFramesOf(content, idOf);
}

function foreignFramesOf({ root, frames }: RootContent, idOf: (frame: FrameElement) => number): ForeignFrame[] {
  const { defaultView } = isDocument(root) ? root : root.ownerDocument;
  if (defaultView === null) return [];
  const found: ForeignFrame[] = [];
  for (const frame of frames) {
    const framePath = foreignPathOf(frame);
    const rect = framePath === undefined ? undefined : rectOf(frame, frameOffset(defaultView));
    if (framePath !== undefined && rect !== undefined) found.push({ frameId: idOf(frame), framePath, rect });
  }
  return found;
}

/** What no frame says that it is. */
const nowhere = '-1';

/** Undefined for a frame that can be read, and for an `object` or `embed` that is a picture or nothing. */
function foreignPathOf(frame: FrameElement): string | undefined {
  if (!('contentDocument' in frame)) return frame.type.startsWith('image/') ? undefined : nowhere;
  if (frame.contentDocument !== null || frame.contentWindow === null) return undefined;
  return framePathOf(frame.contentWindow);
}
