import type { CaptureChunk, CaptureEvent, Page, Target } from '../types/capture-event.ts';

const page: Page = {
  url: 'https://billing.example.com/settings/payment?tab=cards',
  title: 'Payment settings – Example',
  tabId: 'tab-1',
  viewport: { width: 1440, height: 900 },
  devicePixelRatio: 2,
};

const target: Target = {
  role: 'button',
  name: 'Save changes',
  nameSource: 'content',
  rect: { x: 1012.5, y: 644.25, width: 118, height: 36 },
  selector: 'main > form > div.actions > button:nth-of-type(2)',
  ref: 'e142',
  tag: 'button',
  context: 'Billing settings',
};

/** A chunk as a browser agent sends it: pointer events, a field being filled, a screenshot, a navigation. */
export function sampleChunk(eventCount = 20): CaptureChunk {
  return {
    tenantId: 'tenant-1',
    sessionId: '01J9Z0VQ6Y3K8W5T2N7M4B1C0D',
    deviceId: 'device-7',
    receivedAtMs: 1_790_000_000_500,
    events: Array.from({ length: eventCount }, (_, index) => sampleEvent(index + 1)),
  };
}

export function sampleEvent(seq: number): CaptureEvent {
  const base = { seq, atMs: 1_790_000_000_000 + seq * 180 };
  const pointer = { x: 1070.5, y: 660, button: 'left', clickCount: 1 } as const;
  switch (seq % 6) {
    case 0:
      return { ...base, kind: 'navigation', page, navigation: { url: page.url, title: page.title, cause: 'link' } };
    case 1:
      return { ...base, kind: 'pointer.down', page, target, pointer };
    case 2:
      return { ...base, kind: 'pointer.up', page, target, pointer };
    case 3:
      return { ...base, kind: 'click', page, target, pointer };
    case 4:
      return {
        ...base,
        kind: 'input',
        page,
        target: { ...target, role: 'textbox', name: 'Cardholder name', nameSource: 'label', tag: 'input:text', ref: 'e97' },
        input: { valueClass: 'text', text: 'Ada Lovelace' },
      };
    default:
      return {
        ...base,
        kind: 'screenshot',
        screenshot: {
          ofSeq: seq - 2,
          phase: 'before',
          sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
          sizeBytes: 182_344,
          mediaType: 'image/jpeg',
          width: 2880,
          height: 1800,
          scale: 2,
          masks: [{ x: 10, y: 20, width: 200, height: 30 }],
        },
      };
  }
}
