import { ancestorsOf, descendantsOf, isControl, isField, textLeavesOf, type DomNode } from './dom.ts';

const rowTags: ReadonlySet<string> = new Set(['LI', 'TR', 'DIV', 'ARTICLE', 'SECTION']);
/** More texts than this make a page, not a row. */
const maxRowLeafCount = 12;
const maxContextLength = 40;

/**
 * Which of the rows that look alike: the first text of the one that the element is in. Only where the element's own words do not say it: words that other rows
 * have too, or a text that is no control.
 */
export function rowContextOf(node: DomNode, name: string): string | undefined {
  const row = [...ancestorsOf(node)].find(isRepeated);
  if (row === undefined || textLeavesOf(row).length > maxRowLeafCount) return undefined;
  const [first] = textLeavesOutsideControls(row);
  if (first === undefined || first === name || first.length > maxContextLength || name.startsWith(first)) return undefined;
  return isControl(node) && !isInOtherRows(node, row, name) ? undefined : first;
}

function isRepeated(node: DomNode): boolean {
  const isRow = rowTags.has(node.tag) && (node.classes !== '' || node.tag === 'LI' || node.tag === 'TR');
  return isRow && alikeOf(node).length > 0 && textLeavesOf(node).length > 0;
}

function alikeOf(row: DomNode): readonly DomNode[] {
  const siblings = row.parent?.children ?? [];
  return siblings.filter((other) => other !== row && other.tag === row.tag && other.classes === row.classes);
}

function isInOtherRows(node: DomNode, row: DomNode, name: string): boolean {
  if (isField(node)) return false;
  return alikeOf(row).some((other) =>
    [...descendantsOf(other)].some((one) => one.tag === node.tag && textLeavesOf(one).join(' ') === name),
  );
}

/** Texts of a node and below, in order, without those of controls. */
export function textLeavesOutsideControls(node: DomNode): string[] {
  if (isControl(node)) return [];
  return [...(node.text === '' ? [] : [node.text]), ...node.children.flatMap(textLeavesOutsideControls)];
}
