/** What comes in the wrong order comes within moments; what has not come by then does not come. */
const waitMs = 50;

interface Held {
  /** The version that the document has; each change makes it one more. */
  version: number;
  readonly changes: Map<number, () => void>;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The changes of one client's documents in the order of their versions. Helix 25.01 sends each from a task of its own, so
 * that letters typed fast arrive in any order; applied so, the text would be another one.
 */
export class ChangeOrder {
  readonly #documents = new Map<string, Held>();
  readonly #late = new Set<() => void>();

  opened(uri: string, version: number): void {
    this.closed(uri);
    this.#documents.set(uri, { version, changes: new Map(), timer: undefined });
  }

  /** Calls `apply` as soon as all changes before it were applied, or it has waited for them long enough. */
  changed(uri: string, version: number, apply: () => void): void {
    const held = this.#documents.get(uri);
    if (held === undefined) return apply();
    held.changes.set(version, apply);
    this.#applyNext(held);
    this.#bound(held);
  }

  #bound(held: Held): void {
    if (held.changes.size === 0) return;
    held.timer ??= setTimeout(() => this.#applyAll(held), waitMs);
  }

  /** Calls `act` when what was sent before it has surely come. */
  later(uri: string, act: () => void): void {
    const late = () => {
      clearTimeout(timer);
      this.#late.delete(late);
      const held = this.#documents.get(uri);
      if (held !== undefined) this.#applyAll(held);
      act();
    };
    const timer = setTimeout(late, waitMs);
    this.#late.add(late);
  }

  /** Nothing more will come: what waits is done now. */
  flush(): void {
    for (const late of this.#late) late();
    for (const held of this.#documents.values()) this.#applyAll(held);
  }

  closed(uri: string): void {
    const held = this.#documents.get(uri);
    if (held !== undefined) this.#applyAll(held);
    this.#documents.delete(uri);
  }

  #applyNext(held: Held): void {
    for (;;) {
      const next = [...held.changes.keys()].find((version) => version <= held.version + 1);
      if (next === undefined) break;
      const apply = held.changes.get(next);
      held.changes.delete(next);
      held.version = Math.max(held.version, next);
      apply?.();
    }
    if (held.changes.size > 0) return;
    clearTimeout(held.timer);
    held.timer = undefined;
  }

  #applyAll(held: Held): void {
    while (held.changes.size > 0) {
      held.version = Math.min(...held.changes.keys()) - 1;
      this.#applyNext(held);
    }
  }
}
