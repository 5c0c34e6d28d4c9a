import type { Target } from '../../../schemas/types/capture-event.ts';
import { isSecretField, type DomNode } from './dom.ts';
import { contextOf, controlOf, isDrawn, isSlider, nameOf } from './element-name.ts';

const roles: Readonly<Record<string, string>> = {
  A: 'link',
  BUTTON: 'button',
  INPUT: 'textbox',
  INPUT_button: 'button',
  INPUT_checkbox: 'checkbox',
  INPUT_image: 'button',
  INPUT_number: 'spinbutton',
  INPUT_radio: 'radio',
  INPUT_range: 'slider',
  INPUT_reset: 'button',
  INPUT_search: 'searchbox',
  INPUT_submit: 'button',
  H1: 'heading',
  H2: 'heading',
  H3: 'heading',
  H4: 'heading',
  H5: 'heading',
  H6: 'heading',
  IMG: 'img',
  LI: 'listitem',
  OPTION: 'option',
  SUMMARY: 'button',
  TD: 'cell',
  TEXTAREA: 'textbox',
};

function roleOf(node: DomNode): string {
  if (node.tag === 'SELECT') return node.children.length > 0 ? 'listbox' : 'combobox';
  const role = roles[node.tag];
  if (role !== undefined) return role;
  if (isSlider(node)) return 'slider';
  if (isDrawn(node)) return 'img';
  return node.tag.startsWith('INPUT_') ? 'textbox' : 'generic';
}

/** What a recorder in the page would have said of the hit element. */
export function targetOf(hit: DomNode): Target {
  const node = controlOf(hit);
  const name = nameOf(node);
  const context = node.tag === 'OPTION' ? selectNameOf(node) : contextOf(node, name);
  return {
    role: roleOf(node),
    name: name.name,
    nameSource: name.nameSource,
    ref: node.ref,
    tag: node.tag.toLowerCase().replace('_', ':'),
    ...(node.rect === undefined ? {} : { rect: node.rect }),
    ...(context === undefined || context === '' ? {} : { context }),
    ...(isSecretField(node) ? { protected: true } : {}),
    ...(typeof node.value === 'boolean' ? { checked: node.value } : {}),
  };
}

function selectNameOf(option: DomNode): string | undefined {
  return option.parent === undefined ? undefined : nameOf(option.parent).name;
}
