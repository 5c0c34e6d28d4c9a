import { isDocument, isElement, isFrame, isInput, isSelect, isTextArea, type FrameElement } from './dom/kinds.ts';
import { NearView } from './near-view.ts';
import { personalRanges, type TextRange } from './personal-data.ts';

/** A document, or an open shadow root in one. */
export type PageRoot = Document | ShadowRoot;
export type ValueField = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** What of one root a mask may have to cover. */
export interface RootContent {
  readonly root: PageRoot;
  readonly fields: Iterable<ValueField>;
  readonly frames: Iterable<FrameElement>;
  /** Grows with every change of the tree or of an attribute. */
  readonly version: number;
  /** Texts with personal data that may be in view, and where in them. */
  findings(): Iterable<readonly [text: Node, ranges: readonly TextRange[]]>;
}

export interface PageListeners {
  /** A field came into a watched root. */
  readonly onField: (field: ValueField) => void;
  /** Something changed in a watched root: its tree, a text, an attribute. */
  readonly onChange: (mutations: readonly MutationRecord[]) => void;
}

/**
 * Knows the fields and the personal texts of a document, its open shadow roots and its frames of the same origin, without looking through the page at each
 * question: a page is read once, then only what changed in it. Invariants:
 * - P1 an answer is of this very moment: changes that are still to be told are taken in first;
 * - P2 what has left a root is in no answer, and what is kept of it is bounded by what the root holds;
 * - P3 a root is watched from the first answer that it is part of. Nothing tells of a shadow root that an element gets later, nor of a frame's new document, so
 *   each answer looks for them.
 */
export interface PageContent {
  /** Of the document first, then of what is inside it. */
  contents(): RootContent[];
  stop(): void;
}

export function createPageContent(document: Document, listeners: PageListeners): PageContent {
  const watched = new Map<PageRoot, WatchedRoot>();
  return {
    contents: () => {
      const found: WatchedRoot[] = [];
      const visit = (root: PageRoot): void => {
        const one = watched.get(root) ?? new WatchedRoot(root, listeners);
        watched.set(root, one);
        found.push(one);
        for (const inner of one.refresh()) visit(inner);
      };
      visit(document);
      for (const [root, one] of watched) {
        if (found.includes(one)) continue;
        one.stop();
        watched.delete(root);
      }
      return found;
    },
    stop: () => {
      for (const one of watched.values()) one.stop();
      watched.clear();
    },
  };
}

/** What has left a root is looked for once so many may have. */
const minPruneCount = 2_000;

const watchedChanges: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  attributes: true,
  attributeOldValue: true,
};

class WatchedRoot implements RootContent {
  readonly root: PageRoot;
  readonly fields = new Set<ValueField>();
  readonly #findings = new Map<Node, readonly TextRange[]>();
  readonly #nearView = new NearView();
  readonly frames = new Set<FrameElement>();
  readonly #hosts = new Set<Element>();
  readonly #observer: MutationObserver;
  readonly #listeners: PageListeners;
  version = 0;
  #hasLosses = false;
  #pruneAtCount = minPruneCount;

  constructor(root: PageRoot, listeners: PageListeners) {
    this.root = root;
    this.#listeners = listeners;
    this.#observer = new MutationObserver((mutations) => this.#apply(mutations));
    this.#observer.observe(root, watchedChanges);
    this.#read(root, new Set());
  }

  /** Brings itself up to date (P1, P2) and answers the roots that are inside it now. */
  refresh(): PageRoot[] {
    this.#apply(this.#observer.takeRecords());
    this.#nearView.refresh();
    if (this.#hasLosses) this.#forgetLost();
    const inner: PageRoot[] = [];
    for (const { shadowRoot } of this.#hosts) if (shadowRoot !== null) inner.push(shadowRoot);
    for (const frame of this.frames) if ('contentDocument' in frame && frame.contentDocument !== null) inner.push(frame.contentDocument);
    return inner;
  }

  *findings(): Generator<readonly [text: Node, ranges: readonly TextRange[]]> {
    for (const finding of this.#findings) {
      const { parentElement } = finding[0];
      if (parentElement === null || !this.#nearView.isFar(parentElement)) yield finding;
    }
  }

  stop(): void {
    this.#observer.disconnect();
    this.#nearView.stop();
  }

  #apply(mutations: readonly MutationRecord[]): void {
    if (mutations.length === 0) return;
    this.version += 1;
    // A tree that is built from the top down is told of once a level: each node is read once.
    const seen = new Set<Node>();
    for (const { type, target, addedNodes, removedNodes } of mutations) {
      if (type === 'characterData') this.#readText(target);
      for (const node of addedNodes) if (node.isConnected && !seen.has(node)) this.#read(node, seen);
      this.#hasLosses ||= removedNodes.length > 0;
    }
    if (this.#hasLosses && this.#keptCount() > this.#pruneAtCount) this.#forgetLost();
    this.#listeners.onChange(mutations);
  }

  #read(from: Node, seen: Set<Node>): void {
    const document = isDocument(this.root) ? this.root : this.root.ownerDocument;
    const walker = document.createTreeWalker(from, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node: Node | null = walker.currentNode; node !== null; node = walker.nextNode()) {
      seen.add(node);
      if (node.nodeType === 3) this.#readText(node);
      else if (isElement(node)) this.#readElement(node);
    }
  }

  #readElement(element: Element): void {
    if (isInput(element) || isTextArea(element) || isSelect(element)) {
      this.fields.add(element);
      this.#listeners.onField(element);
    } else if (isFrame(element)) this.frames.add(element);
    else if (mayHostShadow(element)) this.#hosts.add(element);
  }

  #readText(text: Node): void {
    const ranges = personalRanges(text.nodeValue ?? '');
    if (ranges.length === 0) return void this.#findings.delete(text);
    this.#findings.set(text, ranges);
    if (text.parentElement !== null) this.#nearView.watch(text.parentElement);
  }

  #forgetLost(): void {
    this.#hasLosses = false;
    for (const nodes of [this.fields, this.frames, this.#hosts, this.#findings]) forgetLost(nodes);
    this.#pruneAtCount = Math.max(minPruneCount, 2 * this.#keptCount());
  }

  #keptCount(): number {
    return this.fields.size + this.frames.size + this.#hosts.size + this.#findings.size;
  }
}

function forgetLost(nodes: { keys(): Iterable<Node>; delete(node: Node): boolean }): void {
  for (const node of nodes.keys()) if (!node.isConnected) nodes.delete(node);
}

/** Elements that `attachShadow` takes (DOM standard): custom ones, and these. */
function mayHostShadow({ localName }: Element): boolean {
  return shadowHosts.has(localName) || localName.includes('-');
}

const shadowHosts: ReadonlySet<string> = new Set(
  'article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '),
);
