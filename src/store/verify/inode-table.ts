/**
 * Files whose content was read and found right, as triples of numbers: inode, time of the last change of its status
 * (`ctime`, milliseconds), the first 52 bits of its blob id. Whoever writes to a file changes its `ctime`; so does a new
 * or a removed link, which only costs reading the file once more.
 */
export type GoodFiles = Float64Array;

const TRIPLE = 3;

/** A set of triples that threads share and only read (open addressing, at most half full). */
export interface InodeTable {
  readonly slots: SharedArrayBuffer;
}

export interface FileStamp {
  readonly ino: number;
  readonly ctimeMs: number;
}

export function buildInodeTable(parts: readonly GoodFiles[]): InodeTable {
  const count = parts.reduce((sum, part) => sum + part.length / TRIPLE, 0);
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(8, 2 * count)));
  const slots = new Float64Array(new SharedArrayBuffer(capacity * TRIPLE * Float64Array.BYTES_PER_ELEMENT));
  for (const part of parts) for (let at = 0; at < part.length; at += TRIPLE) insert(slots, part, at);
  return { slots: slots.buffer as SharedArrayBuffer };
}

/** Whether this very state of the file was found to have that content. */
export function isKnownGood({ slots }: InodeTable, { ino, ctimeMs }: FileStamp, blobId: string): boolean {
  const view = new Float64Array(slots);
  const id = idNumber(blobId);
  for (let at = slotOf(view, ino); view[at] !== 0; at = nextSlot(view, at)) {
    if (view[at] === ino && view[at + 1] === ctimeMs && view[at + 2] === id) return true;
  }
  return false;
}

/** Notes a file in a list of triples. An inode that a double cannot hold exactly is left out: it is read each time. */
export function noteGood(list: number[], { ino, ctimeMs }: FileStamp, blobId: string): void {
  if (Number.isSafeInteger(ino)) list.push(ino, ctimeMs, idNumber(blobId));
}

function idNumber(blobId: string): number {
  return Number.parseInt(blobId.slice(0, 13), 16);
}

function insert(slots: Float64Array, part: GoodFiles, from: number): void {
  const ino = part[from] as number;
  if (ino === 0) return;
  let at = slotOf(slots, ino);
  // A file that was read twice, before and after it got a link, is there twice.
  while (slots[at] !== 0) at = nextSlot(slots, at);
  for (let offset = 0; offset < TRIPLE; offset++) slots[at + offset] = part[from + offset] as number;
}

/** Inodes are mostly numbers in a row: multiplied (Knuth's 2654435761), they lie apart. */
function slotOf(slots: Float64Array, ino: number): number {
  const capacity = slots.length / TRIPLE;
  const mixed = (Math.imul((ino % 2 ** 32) | 0, 2654435761 | 0) ^ Math.floor(ino / 2 ** 32)) >>> 0;
  return (mixed % capacity) * TRIPLE;
}

function nextSlot(slots: Float64Array, at: number): number {
  return at + TRIPLE >= slots.length ? 0 : at + TRIPLE;
}
