/**
 * Guards by name instead of `instanceof`: elements of a same-origin frame belong to another realm, where `instanceof` of ours is false,
 * and a password field that is not recognised would be read.
 */
export const isInput = (node: Element): node is HTMLInputElement => node.localName === 'input' && 'type' in node;
export const isTextArea = (node: Element): node is HTMLTextAreaElement => node.localName === 'textarea' && 'value' in node;
export const isSelect = (node: Element): node is HTMLSelectElement => node.localName === 'select' && 'selectedOptions' in node;
/** What shows a document of its own; `embed` does not let it be asked for. */
export type FrameElement = HTMLIFrameElement | HTMLObjectElement | HTMLEmbedElement;
export const isFrame = (node: Element): node is FrameElement =>
  (['iframe', 'frame', 'object'].includes(node.localName) && 'contentDocument' in node) || (node.localName === 'embed' && 'src' in node);
export const isShadowRoot = (node: Node): node is ShadowRoot => node.nodeType === 11 && 'host' in node;
export const isDocument = (node: Node): node is Document => node.nodeType === 9;
export const isElement = (node: unknown): node is Element =>
  typeof node === 'object' && node !== null && 'nodeType' in node && node.nodeType === 1;
export const isEditable = (node: Element): node is HTMLElement => 'isContentEditable' in node && node.isContentEditable === true;
