import type { Input } from '../../schemas/types/capture-event.ts';
import { isEditable, isInput, isSelect, isTextArea } from './dom/kinds.ts';
import type { Protection } from './protection.ts';

/** A field's value as it may be sent. A protected field's value is not read: not its text, not its length. */
export function inputOf(field: Element, protection: Protection): Input {
  if (protection.isProtected(field)) return { valueClass: 'secret' };
  if (isInput(field)) return inputElementValue(field);
  if (isSelect(field)) return choice([...field.selectedOptions].map((option) => option.label.trim()).join(', '));
  if (isTextArea(field)) return text(field.value);
  return text(isEditable(field) ? field.innerText : '');
}

function inputElementValue(field: HTMLInputElement): Input {
  if (field.type === 'checkbox' || field.type === 'radio') return { valueClass: 'boolean', checked: field.checked };
  if (field.type === 'file') return { valueClass: 'file', text: [...(field.files ?? [])].map((file) => file.name).join(', ') };
  return text(field.value);
}

const maxTextLength = 4_096;

function text(value: string): Input {
  return value === '' ? { valueClass: 'empty' } : { valueClass: 'text', text: value.slice(0, maxTextLength) };
}

function choice(label: string): Input {
  return label === '' ? { valueClass: 'empty' } : { valueClass: 'choice', text: label.slice(0, maxTextLength) };
}

/** True for fields whose value grows key by key. */
export function isTextField(element: Element): boolean {
  if (isTextArea(element)) return true;
  if (isInput(element)) return !notTyped.has(element.type);
  return isEditable(element);
}

const notTyped: ReadonlySet<string> = new Set([
  'checkbox',
  'radio',
  'file',
  'button',
  'submit',
  'reset',
  'image',
  'range',
  'color',
  'hidden',
]);

export interface TypingOptions {
  readonly view: Window;
  /** Called with the field whose value is to be reported. */
  readonly report: (field: Element) => void;
  /** Silence after which a pause is reported, so that watchers see text grow. */
  readonly pauseMs?: number;
  /** At most this long between reports while typing goes on. */
  readonly longestMs?: number;
}

/** Turns a stream of `input` DOM events into few reports a field. */
export interface TypingTracker {
  changed(field: Element): void;
  /** Reports what is not yet reported: before a click, a key that acts, a blur, the end of the page. */
  flush(): void;
}

export function createTypingTracker(options: TypingOptions): TypingTracker {
  const { view, report, pauseMs = 400, longestMs = 1_500 } = options;
  let pending: { readonly field: Element; readonly sinceMs: number } | undefined;
  let timer: number | undefined;
  const flush = (): void => {
    view.clearTimeout(timer);
    const field = pending?.field;
    pending = undefined;
    if (field !== undefined) report(field);
  };
  return {
    flush,
    changed: (field) => {
      if (pending !== undefined && pending.field !== field) flush();
      const now = view.performance.now();
      pending ??= { field, sinceMs: now };
      view.clearTimeout(timer);
      timer = view.setTimeout(flush, Math.max(0, Math.min(pauseMs, longestMs - (now - pending.sinceMs))));
    },
  };
}
