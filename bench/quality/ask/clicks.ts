import { click, fieldWords, iconWords, required, route, type Expectation } from '../expectation.ts';
import { named, visibleText, withKind, type ElementKind, type Page, type PageElement } from '../page.ts';
import type { Grammar } from './grammar.ts';

/** What closes a dialog, however it is drawn. */
const closeNames = ['x', 'X', '×', '✕', '✖', 'Close', 'close'];

/** "Click on a "text" widget", "Click on the link "x"", "… the item labeled "p"", "… by clicking the "x"". */
export const askedNamedClick: Grammar = (utterance, page) => {
  const widget = /click on an? "(\w+)" widget/i.exec(utterance)?.[1];
  if (widget !== undefined) return anyWidget(widget, page);
  const name = /\b(?:click|clicking|find)\b[^"]*"([^"]+)"/i.exec(utterance)?.[1];
  if (name === undefined) return undefined;
  if (/\bdialog\b/i.test(utterance) && /^[x×]$/i.test(name)) return [closeDialog()];
  return [...wayTo(utterance, name, page), clickElement(name, page)];
};

function clickElement(name: string, page: Page): Expectation {
  const found = named(withKind(page, 'button', 'link', 'tab'), name) ?? named(page.elements, name);
  return click(found?.name ?? name);
}

function closeDialog(): Expectation {
  const titleWords = [...closeNames.slice(2), 'dialog', ...iconWords];
  return required('close the dialog', [{ kinds: ['click'], names: [...closeNames, ''] }], titleWords);
}

/** What leads to the element: an opened menu, a tab other than the first, folders around it. */
function wayTo(utterance: string, name: string, page: Page): readonly Expectation[] {
  if (/\bpie menu\b|\bexpand\b/i.test(utterance)) return [expandMenu()];
  if (/\btabs\b/i.test(utterance)) return openTab(name, page);
  return folders(name, page);
}

function expandMenu(): Expectation {
  return required('expand the menu', [{ kinds: ['click'], names: ['+', '-', ''] }], ['+', '-', 'menu', ...iconWords]);
}

/** Tabs start at the first; an active one further on was opened. */
function openTab(name: string, page: Page): readonly Expectation[] {
  const tabs = withKind(page, 'tab');
  const active = tabs.findIndex((tab) => tab.ancestors.some((parent) => /\bui-tabs-active\b/.test(parent.classes)));
  const opened = tabs[active];
  if (opened === undefined || named(tabs, name) !== undefined) return [];
  return active === 0 ? [route(`open ${opened.name}`, [opened.name])] : [click(opened.name)];
}

/** Folders around a file may have been open already. */
function folders(name: string, page: Page): readonly Expectation[] {
  const target = named(page.elements, name);
  const around = target?.ancestors.filter((parent) => parent.tag === 'LI') ?? [];
  const labels = around.slice(1).map((item) => item.children.map(visibleText).find((text) => text !== ''));
  return labels.filter((label) => label !== undefined).map((label) => route(`open ${label}`, [label], 2));
}

/** Any element of that kind will do. */
function anyWidget(word: string, page: Page): readonly Expectation[] | undefined {
  const kinds: Readonly<Record<string, ElementKind>> = {
    text: 'text',
    textarea: 'textarea',
    button: 'button',
    checkbox: 'checkbox',
    radio: 'radio',
    link: 'link',
  };
  const kind = kinds[word.toLowerCase()];
  if (kind === undefined) return undefined;
  const candidates: readonly PageElement[] = withKind(page, kind);
  const names = candidates.map((candidate) => candidate.name);
  const toggles = kind === 'checkbox' || kind === 'radio';
  const stepKinds = toggles ? (['check', 'uncheck', 'select'] as const) : (['click'] as const);
  const titleWords = [...names, ...(names.includes('') ? fieldWords : [])];
  return [required(`click a ${word}`, [{ kinds: stepKinds, names }], titleWords)];
}

/** "Click on Tab #2." – a name without quotes. */
export const askedTab: Grammar = (utterance, page) => {
  const name = /^click on (?:the )?([^"]+?)\.?$/i.exec(utterance)?.[1];
  const tab = name === undefined ? undefined : named(withKind(page, 'tab', 'button', 'link'), name);
  return tab === undefined ? undefined : [click(tab.name)];
};

/** "Expand the section below": the heading of a collapsible section. */
export const askedSection: Grammar = (utterance, page) => {
  if (!/^expand the sections? below/i.test(utterance)) return undefined;
  return withKind(page, 'section').map((section) => click(section.name));
};
