import type { Target } from '../../schemas/types/capture-event.ts';
import { accessibleName, fold, visibleText } from './dom/accessible-name.ts';
import { frameOffset, rectOf } from './dom/rects.ts';
import { isEditable, isElement, isInput, isShadowRoot } from './dom/kinds.ts';
import { inputTypeOf, interactiveRoles, roleOf } from './dom/role.ts';
import { selectorOf } from './dom/selector.ts';
import type { Protection } from './protection.ts';

const refs = Symbol('stepwright ref');

/** Describes elements as the person sees them. Refs are stable as long as the document lives. */
export interface TargetDescriber {
  /** The element that an event at `node` is about: the control around it, or of its label, else the element itself. */
  actionable(node: Element): Element;
  describe(element: Element): Target;
}

export function createTargetDescriber(view: Window, protection: Protection): TargetDescriber {
  const known = new WeakMap<Element, string>();
  let lastRef = 0;
  const refOf = (element: Element): string => {
    const ref = known.get(element) ?? `${refPrefix(view)}${(lastRef += 1)}`;
    known.set(element, ref);
    return ref;
  };
  return {
    actionable,
    describe: (element) => {
      const role = roleOf(element);
      const secret = protection.isProtected(element);
      const { name, source } = nameFor(element);
      const rect = rectOf(element, frameOffset(view));
      const context = contextOf(element);
      return {
        role,
        name,
        nameSource: source,
        ...(rect === undefined ? {} : { rect }),
        selector: selectorOf(element),
        ref: refOf(element),
        tag: isInput(element) ? `input:${inputTypeOf(element)}` : element.localName,
        ...(context === '' ? {} : { context }),
        ...(secret ? { protected: true } : {}),
        ...(secret ? {} : stateOf(element)),
      };
    },
  };
}

function refPrefix(view: Window & { [refs]?: string }): string {
  view[refs] ??= `${Math.floor(view.performance.timeOrigin).toString(36)}-`;
  return view[refs];
}

function actionable(node: Element): Element {
  let fallback: Element | undefined;
  for (let current: Element | null = node; current !== null && current.localName !== 'body'; current = parentAcrossShadow(current)) {
    const control = labelledControl(current);
    if (control !== undefined) return control;
    if (interactiveRoles.has(roleOf(current)) || isEditable(current)) return editingHost(current);
    if (current.hasAttribute('onclick') || current.hasAttribute('tabindex')) fallback ??= current;
  }
  return fallback ?? node;
}

function labelledControl(element: Element): Element | undefined {
  return element.localName === 'label' && 'control' in element && isElement(element.control) ? element.control : undefined;
}

/** Typing into a rich editor is about the editor, not about the paragraph inside it. */
function editingHost(element: Element): Element {
  let host = element;
  if (!isEditable(element) || interactiveTags.has(element.localName)) return host;
  for (let up = element.parentElement; up?.isContentEditable === true; up = up.parentElement) host = up;
  return host;
}

const interactiveTags: ReadonlySet<string> = new Set(['a', 'button', 'input', 'select', 'textarea']);

function parentAcrossShadow(element: Element): Element | null {
  const root = element.getRootNode();
  return element.parentElement ?? (isShadowRoot(root) ? root.host : null);
}

/**
 * The element's own name; for a passive thing without one, its short text, else the name of the item around it. A control without a name has
 * none: what stands around it says where it is, not what it is.
 */
function nameFor(element: Element): { name: string; source: string } {
  const own = accessibleName(element);
  if (own.name !== '' || interactiveRoles.has(roleOf(element))) return own;
  const text = visibleText(element);
  if (text !== '' && text.length <= 80) return { name: text, source: 'content' };
  for (let up = parentAcrossShadow(element), depth = 0; up !== null && depth < 4; up = parentAcrossShadow(up), depth += 1) {
    if (up.localName === 'body' || contextSelectorMatches(up)) break;
    const outer = accessibleName(up);
    if (outer.name !== '' && outer.name.length <= 80) return { name: outer.name, source: 'ancestor' };
  }
  return own;
}

/** Name of the nearest dialog, group, region or heading before the element: where it is. */
function contextOf(element: Element): string {
  for (let up = parentAcrossShadow(element); up !== null && up.localName !== 'body'; up = parentAcrossShadow(up)) {
    if (!contextSelectorMatches(up)) continue;
    // A form's first heading is often that of its first part only.
    const name = accessibleName(up).name || (up.localName === 'form' ? '' : headingIn(up));
    if (name !== '') return fold(name, 100);
  }
  const heading = element.ownerDocument.querySelector('h1');
  // What a document that is open in the page is called is not where its menus are.
  const part = heading?.closest(`${contextSelector}, article, [contenteditable=true]`) ?? null;
  return heading === null || (part !== null && !part.contains(element)) ? '' : fold(visibleText(heading), 100);
}

const contextSelector =
  'dialog, [role=dialog], [role=alertdialog], fieldset, [role=group], [role=region], section, [role=tabpanel], form, nav, aside';

function contextSelectorMatches(element: Element): boolean {
  return element.matches(contextSelector);
}

function headingIn(element: Element): string {
  const heading = element.querySelector('legend, h1, h2, h3, h4, [role=heading]');
  return heading === null ? '' : visibleText(heading);
}

function stateOf(element: Element): { checked?: boolean; expanded?: boolean } {
  const checked = isInput(element) && ['checkbox', 'radio'].includes(element.type) ? element.checked : ariaFlag(element, 'aria-checked');
  const expanded = element.localName === 'details' ? element.hasAttribute('open') : ariaFlag(element, 'aria-expanded');
  return { ...(checked === undefined ? {} : { checked }), ...(expanded === undefined ? {} : { expanded }) };
}

function ariaFlag(element: Element, name: string): boolean | undefined {
  const value = element.getAttribute(name);
  return value === 'true' ? true : value === 'false' ? false : undefined;
}
