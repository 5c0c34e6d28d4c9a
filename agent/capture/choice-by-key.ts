import type { Input } from '../../schemas/types/capture-event.ts';
import { accessibleName } from './dom/accessible-name.ts';
import { isDocument, isInput, isShadowRoot } from './dom/kinds.ts';
import { roleOf } from './dom/role.ts';
import type { Protection } from './protection.ts';
import { inputOf, isTextField } from './typing.ts';

/** A key that may choose a suggestion; the field tells of it by script, in no event of its own. */
export interface ChoiceByKey {
  /** Calls `chosen` with what the key chose, when the page has dealt with it and something was. */
  settled(view: Window, chosen: (input: Input) => void): void;
}

/**
 * What a key in a field with suggestions is about to choose: the option that the field points at (ARIA 1.2, `aria-activedescendant`); else what the page makes of the
 * field's text. Call it before the page hears of the key.
 */
export function choiceByKey(field: Element, key: string, protection: Protection): ChoiceByKey | undefined {
  if (protection.isProtected(field)) return undefined;
  const isChoosing = key === 'Enter' || (key === ' ' && !isTextField(field));
  const option = isChoosing ? activeOption(field) : undefined;
  if (option !== undefined && !protection.isProtected(option)) {
    const { name } = accessibleName(option);
    if (name !== '') return { settled: (_view, chosen) => chosen({ valueClass: 'choice', text: name }) };
  }
  return isInput(field) && isTextField(field) && (key === 'Enter' || key === 'Tab') ? changeOfText(field, protection) : undefined;
}

function activeOption(field: Element): Element | undefined {
  const id = field.getAttribute('aria-activedescendant') ?? '';
  const root = field.getRootNode();
  const option = id !== '' && (isDocument(root) || isShadowRoot(root)) ? root.getElementById(id) : null;
  return option !== null && roleOf(option) === 'option' ? option : undefined;
}

function changeOfText(field: HTMLInputElement, protection: Protection): ChoiceByKey {
  const before = field.value;
  return {
    settled: (view, chosen) => {
      view.setTimeout(() => {
        if (!field.isConnected || protection.isProtected(field) || field.value === before) return;
        const input = inputOf(field, protection);
        if (input.valueClass === 'text') chosen(input);
      }, 0);
    },
  };
}
