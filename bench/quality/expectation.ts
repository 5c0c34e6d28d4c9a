import type { GuideStep, StepKind } from '../../schemas/types/guide.ts';
import { fold } from './words.ts';

/** One way of saying it: these kinds, with one of these names, and a value that passes. */
export interface Way {
  readonly kinds: readonly StepKind[];
  /** Accepted target names, exact. The empty name is accepted only when listed: nothing visible names the element. */
  readonly names: readonly string[];
  /** Accepts a name that is not in `names`. */
  readonly nameLike?: RegExp;
  /** Judges the value, '' when the step has none; absent: the value is not judged. */
  readonly value?: (value: string) => boolean;
}

/** One thing a good guide must say (`required`), or may say without credit or blame (`route`). */
export interface Expectation {
  /** For the report: "click Submit". */
  readonly what: string;
  readonly need: 'required' | 'route';
  readonly ways: readonly Way[];
  /** A right title holds one of these, whatever its case. */
  readonly titleWords: readonly string[];
  /** How often it may stand in the guide; one by default. */
  readonly atMost?: number;
  /** Ends the task: it must come after every other required step. */
  readonly closes?: boolean;
  /** A step that fulfils one of this name and fits others of it fulfils these too (one "select A, B" for two). */
  readonly together?: string;
}

/** Words for elements that nothing visible names. */
export const fieldWords = ['field', 'box', 'input', 'text'];
export const iconWords = ['icon', 'button', 'image'];
export const listWords = ['list', 'dropdown', 'drop-down', 'combo', 'option', 'menu'];

export function accepts(expected: Expectation, step: GuideStep): boolean {
  return expected.ways.some((way) => fitsWay(way, step));
}

function fitsWay(way: Way, step: GuideStep): boolean {
  const name = fold(step.target.name);
  return (
    way.kinds.includes(step.kind) &&
    (way.names.includes(name) || way.nameLike?.test(name) === true) &&
    (way.value === undefined || way.value(fold(step.value ?? '')))
  );
}

/** A title names the right element when it holds the element's name, or a word for it when it has none. */
export function titleIsRight(expected: Expectation, step: GuideStep): boolean {
  const title = fold(step.title).toLowerCase();
  return expected.titleWords.some((word) => word !== '' && holds(title, word.toLowerCase()));
}

/** A short name ("p", "9", "OK") must stand by itself; "Click" does not name the element "c". */
function holds(title: string, word: string): boolean {
  if (word.length > 3) return title.includes(word);
  const escaped = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'u').test(title);
}

export function required(what: string, ways: readonly Way[], titleWords: readonly string[]): Expectation {
  return { what, need: 'required', ways, titleWords };
}

export function click(name: string): Expectation {
  return required(`click ${name}`, [{ kinds: ['click'], names: [name] }], [name]);
}

/** Something on the way, clicked at most so often. */
export function route(what: string, names: readonly string[], atMost = 1): Expectation {
  return { what, need: 'route', ways: [{ kinds: ['click'], names }], titleWords: names, atMost };
}
