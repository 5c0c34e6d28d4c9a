import { createHash } from 'node:crypto';
import type { CaptureEvent, Page, Target } from '../../schemas/types/capture-event.ts';

/** Sizes of the event contract (docs/events.md), in bytes of UTF-8: a recording made elsewhere knows nothing of them. */
const nameBytes = 1024;
const wordBytes = 64;
const refBytes = 128;
const selectorBytes = 4096;
const urlBytes = 8192;
const valueBytes = 65_536;

/** The event with whole milliseconds and with texts cut to what the contract allows; a longer reference is replaced by its digest. */
export function fitContract(event: CaptureEvent): CaptureEvent {
  const { page, target, key, input, navigation } = event;
  return {
    ...event,
    atMs: Math.max(0, Math.round(event.atMs)),
    ...(page === undefined ? {} : { page: fitPage(page) }),
    ...(target === undefined ? {} : { target: fitTarget(target) }),
    ...(key === undefined ? {} : { key: { ...key, key: cutBytes(key.key, wordBytes) } }),
    ...(input?.text === undefined ? {} : { input: { ...input, text: cutBytes(input.text, valueBytes) } }),
    ...(navigation === undefined ? {} : { navigation: { ...navigation, ...fitPage({ title: '', ...navigation }) } }),
  };
}

function fitPage<T extends Pick<Page, 'url' | 'title'>>(page: T): T {
  return { ...page, url: cutBytes(page.url, urlBytes), title: cutBytes(page.title, nameBytes) };
}

function fitTarget(target: Target): Target {
  const { ref, selector, tag, context } = target;
  return {
    ...target,
    role: cutBytes(target.role, wordBytes),
    name: cutBytes(target.name, nameBytes),
    ...(ref === undefined ? {} : { ref: fitRef(ref) }),
    ...(selector === undefined ? {} : { selector: cutBytes(selector, selectorBytes) }),
    ...(tag === undefined ? {} : { tag: cutBytes(tag, wordBytes) }),
    ...(context === undefined ? {} : { context: cutBytes(context, nameBytes) }),
  };
}

function fitRef(ref: string): string {
  return Buffer.byteLength(ref) <= refBytes ? ref : createHash('sha256').update(ref).digest('hex');
}

/** Cuts before the character that would not fit. */
function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text, 'utf8');
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
