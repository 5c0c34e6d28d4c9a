import type { StepKind } from '../../schemas/types/guide.ts';
import type { SafeStep } from '../model.ts';
import { elementPhrase, fold, hostOf, placePhrase, quoted, shorten } from './phrases.ts';

const maxTitleLength = 160;

type TitleRule = (step: SafeStep) => string;

const rules: Readonly<Record<StepKind, TitleRule>> = {
  click: (step) => `Click ${elementPhrase(step.target)}${placePhrase(step.target)}`,
  'double-click': (step) => `Double-click ${elementPhrase(step.target)}${placePhrase(step.target)}`,
  'right-click': (step) => `Right-click ${elementPhrase(step.target)}${placePhrase(step.target)}`,
  type: typeTitle,
  secret: (step) => `Type a secret into ${elementPhrase(step.target)}`,
  check: (step) => toggleTitle(step, 'Check', 'Turn on'),
  uncheck: (step) => toggleTitle(step, 'Uncheck', 'Turn off'),
  select: selectTitle,
  press: pressTitle,
  shortcut: (step) => `Press ${step.value ?? 'the keys'}`,
  drag: (step) => `Drag ${elementPhrase(step.target)}${placePhrase(step.target)}`,
  file: fileTitle,
  navigate: navigateTitle,
  tab: (step) => `Switch to the tab ${step.target.name === '' ? pageName(step) : shorten(step.target.name, 80)}`,
  window: (step) => `Switch to ${shorten(step.target.name, 80)}`,
  note: (step) => (fold(step.value ?? '') === '' ? 'Note' : shorten(step.value ?? '', maxTitleLength)),
};

/** One action in the imperative: what, the element's visible name, where it is, the value when it may be shown. Nothing invented. */
export function stepTitle(step: SafeStep): string {
  return shorten(rules[step.kind](step), maxTitleLength);
}

function typeTitle(step: SafeStep): string {
  const value = step.value ?? '';
  const field = elementPhrase(step.target);
  if (step.target.role === 'slider') return `Set ${field} to ${shorten(value, 60)}`;
  if (value === '') return `Clear ${field}`;
  return `Type ${quoted(value)} into ${field}`;
}

function toggleTitle(step: SafeStep, verb: string, switchVerb: string): string {
  const { role } = step.target;
  const isChoice = role === 'radio' || role === 'menuitemradio';
  const word = role === 'switch' ? switchVerb : isChoice ? 'Select' : verb;
  return `${word} ${elementPhrase(step.target)}${placePhrase(step.target)}`;
}

function selectTitle(step: SafeStep): string {
  const { target } = step;
  if (target.role === 'option') return `Select ${elementPhrase(target)}${placePhrase(target)}`;
  const choice = step.value === undefined || step.value === '' ? 'an option' : shorten(step.value, 60);
  return target.name === '' ? `Select ${choice} from the list` : `Select ${choice} in ${elementPhrase(target)}`;
}

const fieldRoles: ReadonlySet<string> = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton']);

function pressTitle(step: SafeStep): string {
  const { target } = step;
  const keys = `Press ${step.value ?? 'the key'}`;
  if (target.name === '' || target.role === 'generic') return keys;
  return `${keys} ${fieldRoles.has(target.role) ? 'in' : 'on'} ${elementPhrase(target)}`;
}

function fileTitle(step: SafeStep): string {
  const files = step.value === undefined || step.value === '' ? 'a file' : quoted(step.value);
  return step.target.name === '' ? `Choose ${files}` : `Choose ${files} for ${elementPhrase(step.target)}`;
}

/** By the browser's own buttons; `back_forward` of recorders that do not tell which. */
const browserWays: Readonly<Record<string, string>> = {
  back: 'Go back to',
  forward: 'Go forward to',
  back_forward: 'Return to',
  reload: 'Reload',
};

/** An address says where to start; the way back is known by the page's title. */
function navigateTitle(step: SafeStep): string {
  const way = browserWays[step.value ?? ''];
  const title = fold(step.page?.title ?? '');
  if (way === undefined) return `Open ${pageName(step)}`;
  return `${way} ${title === '' ? pageName(step) : shorten(title, 80)}`;
}

function pageName(step: SafeStep): string {
  const url = step.page?.url ?? '';
  const title = fold(step.page?.title ?? '');
  const host = url === '' ? '' : hostOf(url);
  // A number says nothing to a reader, and another one tomorrow.
  if (title !== '' && /^(?:localhost|[\d.]+|\[.*\])(?::\d+)?$/i.test(host)) return shorten(title, 80);
  return host === '' ? shorten(step.target.name === '' ? 'the page' : step.target.name, 80) : host;
}
