import { closeSync } from "node:fs";

/** Descriptors that were opened for others, who do not close them: another thread must not. */
export class OpenFiles implements Disposable {
  readonly #open = new Set<number>();

  add(fd: number): void {
    this.#open.add(fd);
  }

  close(fd: number): void {
    if (this.#open.delete(fd)) closeSync(fd);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) closeSync(fd);
    this.#open.clear();
  }
}
