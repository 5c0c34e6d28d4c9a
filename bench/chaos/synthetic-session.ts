import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { Dice } from '../../topology/testing/dice.ts';

export interface SyntheticOptions {
  readonly dice: Dice;
  readonly eventCount: number;
  readonly startedAtMs: number;
  /** Pictures that exist; none leaves the session without screenshots. */
  readonly pictures: readonly Picture[];
  /** One picture each so many actions. */
  readonly pictureEvery: number;
}

export interface Picture {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
}

type Body = Omit<CaptureEvent, 'seq' | 'atMs'>;

const pageSize = { width: 1200, height: 750 };
const fields = ['First name', 'Street', 'City', 'Order number', 'Comment', 'Search', 'Reference'];
const buttons = ['Save', 'Next', 'Add row', 'Close', 'Open', 'Apply filter', 'Duplicate'];
const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'iris', 'jade'];

/**
 * A person at a form, in the event kinds that a real recorder sends: clicks with their pointer.down, typing in growing values, pages that change. What
 * is done is the dice's choice, so the same seed is the same session.
 */
export function syntheticSession(options: SyntheticOptions): CaptureEvent[] {
  const { dice, eventCount, startedAtMs } = options;
  const events: CaptureEvent[] = [];
  let atMs = startedAtMs;
  let actionCount = 0;
  while (events.length < eventCount - 1) {
    actionCount += 1;
    atMs += 400 + dice.below(2_500);
    for (const body of actionOf(options, actionCount)) {
      atMs += 5 + dice.below(40);
      const seq = events.length + 1;
      if (seq < eventCount) events.push({ ...placed(body, seq), seq, atMs });
    }
  }
  events.push({ seq: events.length + 1, atMs: atMs + 500, kind: 'session.finished' });
  return events;
}

/** A screenshot names the event before it by a distance until its place is known. */
function placed(body: Body, seq: number): Body {
  return body.screenshot === undefined ? body : { ...body, screenshot: { ...body.screenshot, ofSeq: seq - 1 } };
}

function actionOf(options: SyntheticOptions, actionCount: number): Body[] {
  const { dice } = options;
  const page = pageOf(Math.floor(actionCount / 12));
  if (actionCount % 12 === 1) return [{ kind: 'navigation', page, navigation: { url: page.url, title: page.title, cause: 'link' } }];
  return dice.below(3) === 0 ? typing(dice, page) : clicking(options, page, actionCount);
}

function pageOf(pageNumber: number): { readonly url: string; readonly title: string } {
  return { url: `https://app.example.com/orders/${pageNumber}`, title: `Order ${pageNumber}` };
}

function clicking({ dice, pictures, pictureEvery }: SyntheticOptions, page: { url: string; title: string }, actionCount: number): Body[] {
  const name = dice.pick(buttons);
  const rect = { x: dice.below(1_000), y: dice.below(600), width: 120, height: 32 };
  const pointer = { x: rect.x + 20, y: rect.y + 10, button: 'left' as const };
  const target = { role: 'button', name, nameSource: 'content' as const, rect, ref: `b-${name}` };
  const shot = { ...page, viewport: pageSize, devicePixelRatio: 1 };
  const down: Body = { kind: 'pointer.down', page: shot, target, pointer };
  const click: Body = { kind: 'click', page: shot, target, pointer: { ...pointer, clickCount: 1 } };
  if (pictures.length === 0 || actionCount % pictureEvery !== 0) return [down, click];
  const picture = dice.pick(pictures);
  const screenshot = { ...picture, ofSeq: 0, phase: 'before' as const, mediaType: 'image/png' as const, scale: 1, masks: [] };
  return [down, { kind: 'screenshot', screenshot }, click];
}

function typing(dice: Dice, page: { url: string; title: string }): Body[] {
  const name = dice.pick(fields);
  const target = { role: 'textbox', name, nameSource: 'label' as const, ref: `f-${name}` };
  const value = `${dice.pick(words)} ${dice.pick(words)} ${dice.below(1_000)}`;
  const parts = [4, 9, value.length].map((length) => value.slice(0, length));
  return [
    { kind: 'focus', page, target },
    ...parts.map((text): Body => ({ kind: 'input', page, target, input: { valueClass: 'text', text } })),
    { kind: 'change', page, target, input: { valueClass: 'text', text: value } },
  ];
}
