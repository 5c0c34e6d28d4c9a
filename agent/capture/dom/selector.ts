/**
 * A CSS selector that finds the element again: a test id or id when it looks written by a person, else the shortest path of
 * tags and positions from such an ancestor. For replay and debugging only; it is never shown as a name.
 */
export function selectorOf(element: Element): string {
  const parts: string[] = [];
  for (let current: Element | null = element; current !== null && parts.length < 12; current = current.parentElement) {
    const anchor = anchorOf(current);
    parts.unshift(anchor ?? positionOf(current));
    if (anchor !== undefined) break;
  }
  return parts.join(' > ').slice(0, 500);
}

function anchorOf(element: Element): string | undefined {
  for (const name of ['data-testid', 'data-test', 'data-cy']) {
    const value = element.getAttribute(name);
    if (value !== null && value !== '') return `[${name}=${CSS.escape(value)}]`;
  }
  if (element.id !== '' && !looksGenerated(element.id)) return `#${CSS.escape(element.id)}`;
  return element.localName === 'body' || element.localName === 'html' ? element.localName : undefined;
}

function positionOf(element: Element): string {
  const siblings = [...(element.parentElement?.children ?? [])].filter((sibling) => sibling.localName === element.localName);
  return siblings.length < 2 ? element.localName : `${element.localName}:nth-of-type(${siblings.indexOf(element) + 1})`;
}

/** Ids of frameworks change from load to load: long digits, hashes, colons of React's useId. */
function looksGenerated(id: string): boolean {
  return /\d{4,}|^:|[0-9a-f]{8,}|^(?:ember|react|radix|headlessui|mui|ext-gen)/i.test(id);
}
