import { setFlagsFromString } from "node:v8";

/** What V8 11, of Node 20, counts down before it compiles a function anew; 67,584 is what it begins with. */
const LATER = 600_000;

let isAllowed = false;

/** The process runs a program of its own: what is set for all of it is nobody else's affair. */
export function allowCompilingLater(): void {
  isAllowed = process.versions.v8.startsWith("11.");
}

/**
 * From now on V8 waits longer before it optimises a function. Threads that mostly read, hash and write need few functions
 * often enough to be worth that, and to optimise the others takes a tenth of the time of all processors. Later versions of
 * V8 have a compiler between the two, and gain nothing. Does nothing unless it is allowed, nor a second time.
 */
export function compileLater(): void {
  if (!isAllowed) return;
  isAllowed = false;
  setFlagsFromString(`--interrupt-budget=${LATER}`);
}
