import { closeSync } from "node:fs";

/** Descriptors that were opened for others, who do not close them: another thread must not. */
export class OpenFiles implements Disposable {
  readonly #open = new Set<number>();

  add(fd: number): void {
    this.#open.add(fd);
  }

  /** A filesystem can tell only now that it had no room for what was written. */
  close(fd: number): void {
    if (this.#open.delete(fd)) closeSync(fd);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) {
      try {
        closeSync(fd);
      } catch {
        // Nobody wants what was written there.
      }
    }
    this.#open.clear();
  }
}
