/**
 * Knows which elements are far out of view, so that they need not be measured: measuring a thousand texts takes longer than all the rest of a press. The browser
 * works it out when it paints (IntersectionObserver), so the answer is that of the last painted frame, which is what a picture shows. Invariant:
 * - N1 an element is far only when the browser has said so and nothing was heard since; whatever is new, moved, or has no box of its own is not.
 */
export class NearView {
  readonly #far = new WeakSet<Element>();
  readonly #observer: IntersectionObserver;

  constructor() {
    // Within a viewport above and below; what runs out of its box sideways is not lost.
    this.#observer = new IntersectionObserver((entries) => this.#take(entries), { rootMargin: '100% 10000px' });
  }

  /** Begins to watch an element, or again when what it holds has changed. */
  watch(element: Element): void {
    this.#far.delete(element);
    this.#observer.unobserve(element);
    this.#observer.observe(element);
  }

  /** Takes in what the browser has found out and not yet told. */
  refresh(): void {
    this.#take(this.#observer.takeRecords());
  }

  isFar(element: Element): boolean {
    return this.#far.has(element);
  }

  stop(): void {
    this.#observer.disconnect();
  }

  #take(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, boundingClientRect: box } of entries) {
      if (isIntersecting || isBoxless(box) || runsOutDownwards(target, box)) this.#far.delete(target);
      else this.#far.add(target);
    }
  }
}

/** `display: contents`, or not shown at all. */
function isBoxless({ width, height }: DOMRectReadOnly): boolean {
  return width === 0 && height === 0;
}

/** Reads the height last: it may ask for a layout. */
function runsOutDownwards(element: Element, { bottom, height }: DOMRectReadOnly): boolean {
  return bottom < 0 && element.scrollHeight > height + 1;
}
