import type { Target } from '../../schemas/types/capture-event.ts';

const textRoles: ReadonlySet<string> = new Set(['textbox', 'searchbox', 'spinbutton']);
const toggleRoles: ReadonlySet<string> = new Set(['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio']);
/** Roles of what is there to be read or to hold others. A click in one without a name hit nothing. */
const passiveRoles: ReadonlySet<string> = new Set([
  '',
  ...(
    'generic none presentation document main region banner contentinfo complementary navigation form article section group list table ' +
    'rowgroup paragraph dialog application toolbar tabpanel text'
  ).split(' '),
]);
const pageTags: ReadonlySet<string> = new Set(['html', 'body']);

/** Something one types into. A combobox that is an input is one too. */
export function isTextField(target: Target | undefined): boolean {
  if (target === undefined || isToggle(target)) return false;
  const tag = target.tag ?? '';
  if (textRoles.has(target.role) || tag === 'textarea') return true;
  return target.role === 'combobox' && tag.startsWith('input');
}

/** Enter in it is a new line, not a command. */
export function isMultiLine(target: Target | undefined): boolean {
  const tag = target?.tag ?? 'input';
  return isTextField(target) && !tag.startsWith('input');
}

export function isToggle(target: Target | undefined): boolean {
  return target !== undefined && toggleRoles.has(target.role);
}

/** The browser's own closed list: clicks open and close it, only its change tells what was chosen. */
export function isNativeSelect(target: Target | undefined): boolean {
  return target?.tag === 'select';
}

function isNativeOption(target: Target | undefined): boolean {
  return target?.tag === 'option';
}

export function isOption(target: Target | undefined): boolean {
  return target?.role === 'option' || isNativeOption(target);
}

const pressableRoles: ReadonlySet<string> = new Set(['button', 'link', 'menuitem', 'option']);

/** What a press and a release act on: whoever lets go elsewhere did not want it. A tab acts when it is pressed; let go elsewhere it was moved there. */
export function isPressable(target: Target | undefined): boolean {
  return target !== undefined && (pressableRoles.has(target.role) || isToggle(target) || isNativeSelect(target));
}

/** Nothing that a guide could tell somebody to click: the page itself, and background that has no name of its own. */
export function isNothing(target: Target | undefined): boolean {
  if (target === undefined || pageTags.has(target.tag ?? '')) return true;
  if (!passiveRoles.has(target.role)) return false;
  return target.name === '' || (target.nameSource === 'ancestor' && !isSmall(target));
}

const maxSmallSidePx = 64;

/** A small thing in something named is its picture; a large one is the space around. */
function isSmall({ rect }: Target): boolean {
  return rect !== undefined && rect.width <= maxSmallSidePx && rect.height <= maxSmallSidePx;
}

/** Which element: the recorder's own reference, else what it looks like. */
export function elementKeyOf(target: Target | undefined, framePath = ''): string {
  if (target === undefined) return '';
  const own = target.ref ?? target.selector ?? `${target.role}|${target.name}|${target.context ?? ''}`;
  return `${framePath}#${own}`;
}
