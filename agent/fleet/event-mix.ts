import type { CaptureEvent } from '../../schemas/types/capture-event.ts';

type Body = Omit<CaptureEvent, 'seq'>;

/** What is in one batch of a session, and the name by which its step can be told in a guide when it makes one. */
export interface MixedBatch {
  readonly events: readonly Body[];
  readonly marker: string | undefined;
}

const page = {
  url: 'https://shop.example/orders',
  title: 'Orders',
  tabId: 'tab-1',
  viewport: { width: 1_280, height: 800 },
  devicePixelRatio: 1,
};
const letters = 'bcdfghjklmnpqrstvwxz';

/**
 * The `number`th half second of a person at work: clicks in every second one (press and click, as capture reports them), typing into a field that grows,
 * what is no step at all (scroll, hover) now and then. About four events a second.
 */
export function batchOf(number: number, atMs: number): MixedBatch {
  if (number % 2 === 0) {
    const marker = markerOf(number);
    const rect = { x: 40 + (number % 20) * 30, y: 60, width: 90, height: 30 };
    const target = { role: 'button', name: marker, nameSource: 'content', rect, ref: `b${number}` } as const;
    const pointer = { x: rect.x + 10, y: rect.y + 10, button: 'left' } as const;
    const click: Body = { atMs, kind: 'click', page, target, pointer: { ...pointer, clickCount: 1 } };
    return { events: [{ atMs: atMs - 80, kind: 'pointer.down', page, target, pointer }, click], marker };
  }
  const field = Math.floor(number / 8);
  const target = { role: 'textbox', name: `Remark ${markerOf(field)}`, nameSource: 'label', ref: `f${field}` } as const;
  const text = 'as agreed by telephone'.slice(0, 4 + (number % 8) * 2);
  const typed: Body = { atMs, kind: 'input', page, target, input: { valueClass: 'text', text } };
  const aside: Body = number % 4 === 1 ? { atMs: atMs - 40, kind: 'scroll', page } : { atMs: atMs - 40, kind: 'hover', page, target };
  return { events: [aside, typed], marker: undefined };
}

/** A number as a word: digits could be taken for personal data. */
export function markerOf(number: number): string {
  let rest = number;
  let word = '';
  do {
    word = `${letters[rest % letters.length] ?? ''}${word}`;
    rest = Math.floor(rest / letters.length);
  } while (rest > 0);
  return `Part ${word}`;
}
