import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

const LENGTH = 8;

/** Drawn and not used yet. */
let drawn: Buffer = Buffer.alloc(0);

/** 16 hexadecimal digits that nobody can guess. */
export function randomName(): string {
  if (drawn.length < LENGTH) drawn = draw(32 * LENGTH);
  const name = drawn.toString("hex", 0, LENGTH);
  drawn = drawn.subarray(LENGTH);
  return name;
}

/** From the kernel itself where that is possible: to load Node's cryptography takes as long as half of a command. */
function draw(size: number): Buffer {
  try {
    const fd = openSync("/dev/urandom", "r");
    try {
      const bytes = Buffer.alloc(size);
      if (readSync(fd, bytes) === size) return bytes;
    } finally {
      closeSync(fd);
    }
  } catch {
    // A system without such a file.
  }
  return randomBytes(size);
}
