/** What the driver hands out for a node. `shutdown` is its own method, which its types leave out. */
export interface Node {
  readonly address: string;
  readonly shutdown?: (waitForPending: boolean) => Promise<unknown>;
}

/**
 * When every node was away, the driver (4.10.0, `ControlConnection._setLocalInfo`) takes a new object for the node that answers first and forgets the old one
 * without ending it: that one connects again, keeps its connection and its timers beyond `Client.shutdown`, and keeps its process from ending. It may still
 * carry requests when it is forgotten, so it is ended when the next one of its address is forgotten, or with the session.
 */
export class ForgottenNodes {
  readonly #byAddress = new Map<string, Node>();

  add(node: Node): void {
    const before = this.#byAddress.get(node.address);
    this.#byAddress.set(node.address, node);
    if (before !== undefined) end(before);
  }

  end(): void {
    for (const node of this.#byAddress.values()) end(node);
    this.#byAddress.clear();
  }
}

/** Of one that the driver has ended itself nothing is left to do. */
function end(node: Node): void {
  node.shutdown?.(false).catch(() => undefined);
}
