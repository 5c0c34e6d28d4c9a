import type { CaptureEvent, Input, Modifier, Page, Pointer, Target } from '../../../schemas/types/capture-event.ts';
import type { ImportContext } from '../import-limits.ts';
import type { ImportFault } from '../import-result.ts';
import { isObject, type JsonObject } from '../json-text.ts';
import { elementOf, flattenSelectors, type SelectedElement } from './selectors.ts';

type Draft = Omit<CaptureEvent, 'seq' | 'atMs'>;

export interface StepReader {
  /** Undefined, or what is wrong with the step. */
  read(step: unknown, field: string): ImportFault | undefined;
  events(): readonly CaptureEvent[];
}

export function createStepReader(context: ImportContext): StepReader {
  return new Reader(context);
}

const stepMs = 1000;
const doubleClickMs = 100;
const modifiers: readonly Modifier[] = ['Alt', 'Control', 'Meta', 'Shift'];

class Reader implements StepReader {
  readonly #context: ImportContext;
  readonly #events: CaptureEvent[] = [];
  readonly #held = new Set<Modifier>();
  #page: Page | undefined;
  #viewport: Page['viewport'];
  #nowMs: number;
  #secretFocus = false;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#nowMs = context.startedAtMs;
  }

  events(): readonly CaptureEvent[] {
    return this.#events;
  }

  read(step: unknown, field: string): ImportFault | undefined {
    if (!isObject(step)) return { field, message: 'must be an object' };
    const type = step['type'];
    if (typeof type !== 'string') return { field: `${field}.type`, message: 'must be a string' };
    this.#nowMs += stepMs;
    const fault = this.#readTyped(type, step, field);
    this.#readAssertedEvents(step);
    return fault;
  }

  #readTyped(type: string, step: JsonObject, field: string): ImportFault | undefined {
    const element = elementOf(flattenSelectors(step['selectors']).map((selector) => this.#cut(selector)));
    switch (type) {
      case 'setViewport':
        return this.#setViewport(step);
      case 'navigate':
        return this.#navigate(step, field);
      case 'click':
      case 'doubleClick':
        return this.#click(type === 'doubleClick' ? 2 : 1, step, element);
      case 'change':
        return this.#change(step, element, field);
      case 'keyDown':
      case 'keyUp':
        return this.#key(type, step, field);
      case 'scroll':
      case 'hover':
        return this.#emit({ kind: type, target: element.target });
      case 'close':
        return this.#emit({ kind: 'tab', tab: { change: 'closed', tabId: 'main' } });
      default:
        // waitForElement, waitForExpression, customStep, emulateNetworkConditions: nothing a person did.
        return undefined;
    }
  }

  #setViewport(step: JsonObject): undefined {
    const { width, height } = step;
    if (typeof width === 'number' && typeof height === 'number') this.#viewport = { width, height };
  }

  #navigate(step: JsonObject, field: string): ImportFault | undefined {
    const url = step['url'];
    if (typeof url !== 'string') return { field: `${field}.url`, message: 'must be a string' };
    return this.#arrive(url, 'typed', step['assertedEvents']);
  }

  #arrive(url: string, cause: string, asserted: unknown): undefined {
    const title = navigationTitle(asserted);
    this.#page = {
      url: this.#cut(url),
      title: this.#cut(title ?? ''),
      ...(this.#viewport === undefined ? {} : { viewport: this.#viewport }),
    };
    this.#emit({
      kind: 'navigation',
      navigation: { url: this.#cut(url), cause, ...(title === undefined ? {} : { title: this.#cut(title) }) },
    });
  }

  #click(clickCount: number, step: JsonObject, element: SelectedElement): undefined {
    this.#secretFocus = element.isSecret;
    const button = step['button'] === 'secondary' ? 'right' : step['button'] === 'auxiliary' ? 'middle' : 'left';
    const pointer: Pointer = { x: numberOf(step['offsetX']), y: numberOf(step['offsetY']), button, ...this.#heldList() };
    const target = clickable(element.target);
    if (button === 'right') return this.#emit({ kind: 'context.menu', target, pointer });
    this.#emit({ kind: 'click', target, pointer: { ...pointer, clickCount: 1 } });
    if (clickCount === 1) return undefined;
    this.#nowMs += doubleClickMs;
    return this.#emit({ kind: 'click', target, pointer: { ...pointer, clickCount } });
  }

  #change(step: JsonObject, element: SelectedElement, field: string): ImportFault | undefined {
    const value = step['value'];
    if (typeof value !== 'string') return { field: `${field}.value`, message: 'must be a string' };
    this.#secretFocus = element.isSecret;
    const input = this.#inputOf(value, element);
    // Something whose text changes is a text field, whatever its selector says of it.
    const isField = (input.valueClass === 'text' || input.valueClass === 'secret') && element.target.role === 'generic';
    return this.#emit({ kind: 'change', target: isField ? { ...element.target, role: 'textbox' } : element.target, input });
  }

  #inputOf(value: string, element: SelectedElement): Input {
    if (element.isSecret) return { valueClass: 'secret' };
    if (isToggle(element.target)) return { valueClass: 'boolean', checked: value !== 'false' };
    if (element.target.role === 'combobox' || element.target.role === 'listbox') return { valueClass: 'choice', text: this.#cut(value) };
    return value === '' ? { valueClass: 'empty' } : { valueClass: 'text', text: this.#cut(value) };
  }

  #key(type: 'keyDown' | 'keyUp', step: JsonObject, field: string): ImportFault | undefined {
    const key = step['key'];
    if (typeof key !== 'string') return { field: `${field}.key`, message: 'must be a string' };
    const modifier = modifiers.find((name) => name === key);
    if (modifier !== undefined) {
      if (type === 'keyDown') this.#held.add(modifier);
      else this.#held.delete(modifier);
      return undefined;
    }
    if (type === 'keyUp' || this.#secretFocus || !this.#isReported(key)) return undefined;
    return this.#emit({ kind: 'key.down', key: { key: this.#cut(key), ...this.#heldList() } });
  }

  /** Printable keys belong to the `change` that follows. */
  #isReported(key: string): boolean {
    const isChord = this.#held.has('Alt') || this.#held.has('Control') || this.#held.has('Meta');
    return key.length > 1 || isChord;
  }

  /** A navigation that the step caused. */
  #readAssertedEvents(step: JsonObject): void {
    const asserted = step['assertedEvents'];
    if (step['type'] === 'navigate' || !Array.isArray(asserted)) return;
    const navigation: unknown = asserted.find((event) => isObject(event) && event['type'] === 'navigation');
    if (isObject(navigation) && typeof navigation['url'] === 'string' && navigation['url'] !== '') {
      this.#arrive(navigation['url'], 'link', asserted);
    }
  }

  #heldList(): { modifiers?: readonly Modifier[] } {
    return this.#held.size === 0 ? {} : { modifiers: [...this.#held] };
  }

  #cut(text: string): string {
    return text.slice(0, this.#context.limits.textLength);
  }

  #emit(draft: Draft): undefined {
    const page = this.#page === undefined ? {} : { page: this.#page };
    this.#events.push({ seq: this.#events.length + 1, atMs: this.#nowMs, ...page, ...draft });
  }
}

function navigationTitle(asserted: unknown): string | undefined {
  if (!Array.isArray(asserted)) return undefined;
  const event: unknown = asserted.find((entry) => isObject(entry) && entry['type'] === 'navigation');
  const title = isObject(event) ? event['title'] : undefined;
  return typeof title === 'string' && title !== '' ? title : undefined;
}

function isToggle(target: Target): boolean {
  return target.role === 'checkbox' || target.role === 'radio' || target.role === 'switch';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Chrome recorded a click there, so it is something, also where a bare selector does not tell what: a step without a name beats none. */
function clickable(target: Target): Target {
  return target.role === 'generic' && target.name === '' ? { ...target, role: 'element' } : target;
}
