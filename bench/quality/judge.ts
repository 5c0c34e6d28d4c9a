import type { Guide, GuideStep } from '../../schemas/types/guide.ts';
import { accepts, titleIsRight, type Expectation } from './expectation.ts';
import type { Page, PageElement } from './page.ts';
import { fold } from './words.ts';

/**
 * What became of one step of a guide.
 * `hit`: fulfils a required expectation. `route`: on the way there, neither credit nor blame. `detour`: about an element that the page has, but nobody
 * asked for it; forgiven within the budget. `noise`: all else.
 */
export type Verdict = 'hit' | 'route' | 'detour' | 'noise';

export interface JudgedStep {
  readonly step: GuideStep;
  readonly verdict: Verdict;
  readonly expected?: Expectation;
  readonly titleRight: boolean;
}

export interface JudgedGuide {
  readonly steps: readonly JudgedStep[];
  readonly required: number;
  readonly missed: readonly Expectation[];
}

/** Compares a guide with what was asked; see README.md for why this cannot be won by saying nothing or everything. */
export function judge(guide: Pick<Guide, 'steps'>, expectations: readonly Expectation[], page: Page): JudgedGuide {
  const matching = new Matching(expectations, guide.steps);
  const matched = guide.steps.map((step, index) => ({ step, expected: matching.match(step, index) }));
  const lastHit = matched.findLastIndex(({ expected }) => expected?.need === 'required' && expected.closes !== true);
  const required = expectations.filter((expected) => expected.need === 'required');
  let detoursLeft = Math.ceil(required.length / 2);
  const early = new Set<Expectation>();

  const steps = matched.map(({ step, expected }, index): JudgedStep => {
    if (expected?.closes === true && index < lastHit) {
      early.add(expected);
      return { step, expected, verdict: 'noise', titleRight: false };
    }
    if (expected !== undefined)
      return { step, expected, verdict: expected.need === 'required' ? 'hit' : 'route', titleRight: titleIsRight(expected, step) };
    const forgiven = detoursLeft > 0 && isDetour(step, guide.steps[index - 1], page);
    if (forgiven) detoursLeft -= 1;
    return { step, verdict: forgiven ? 'detour' : 'noise', titleRight: false };
  });
  return {
    steps,
    required: required.length,
    missed: required.filter((expected) => early.has(expected) || !matching.fulfilled.has(expected)),
  };
}

/** Greedy: each step goes to the first expectation that takes it and is not used up; what closes the task is the last step that fits. */
class Matching {
  readonly fulfilled = new Set<Expectation>();
  readonly #uses = new Map<Expectation, number>();
  readonly #expectations: readonly Expectation[];
  readonly #steps: readonly GuideStep[];

  constructor(expectations: readonly Expectation[], steps: readonly GuideStep[]) {
    this.#expectations = expectations.toSorted((a, b) => rank(a) - rank(b));
    this.#steps = steps;
  }

  match(step: GuideStep, index: number): Expectation | undefined {
    const found = this.#expectations.find(
      (expected) => this.#free(expected) && accepts(expected, step) && !this.#comesAgain(expected, index),
    );
    if (found === undefined) return undefined;
    this.#use(found);
    for (const other of this.#expectations) {
      if (other.together !== undefined && other.together === found.together && this.#free(other) && accepts(other, step)) this.#use(other);
    }
    return found;
  }

  #comesAgain(expected: Expectation, index: number): boolean {
    return expected.closes === true && this.#steps.slice(index + 1).some((later) => accepts(expected, later));
  }

  #free(expected: Expectation): boolean {
    return (this.#uses.get(expected) ?? 0) < (expected.atMost ?? 1);
  }

  #use(expected: Expectation): void {
    this.#uses.set(expected, (this.#uses.get(expected) ?? 0) + 1);
    this.fulfilled.add(expected);
  }
}

/** Required ones are filled before routes. */
function rank(expected: Expectation): number {
  return expected.need === 'required' ? 0 : 1;
}

/** People do go astray. A step is such a detour when the page has that element and the step does not just say the one before again. */
function isDetour(step: GuideStep, before: GuideStep | undefined, page: Page): boolean {
  if (before !== undefined && isSame(step, before)) return false;
  const name = fold(step.target.name);
  return page.elements.some((element) => fits(element, step) && element.name === name);
}

function fits(element: PageElement, step: GuideStep): boolean {
  switch (step.kind) {
    case 'type':
      return ['text', 'textarea', 'date', 'time'].includes(element.kind);
    case 'secret':
      return element.kind === 'password';
    case 'check':
    case 'uncheck':
      return element.kind === 'checkbox' || element.kind === 'radio';
    case 'select':
      return ['select', 'option', 'radio', 'date', 'time'].includes(element.kind);
    case 'click':
      return element.name !== '' || ['text', 'textarea', 'select'].includes(element.kind);
    default:
      return false;
  }
}

function isSame(step: GuideStep, other: GuideStep): boolean {
  return step.kind === other.kind && fold(step.target.name) === fold(other.target.name);
}
