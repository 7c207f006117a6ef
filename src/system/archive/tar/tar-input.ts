import { archiveError, countExpanded, type Extraction } from "../extraction.ts";
import type { SparseReader } from "../packed-file.ts";

/**
 * The bytes of a tar archive as they come, for generators that read them: a generator yields when it has used up the
 * chunk and there is no more without waiting, and is resumed with the next one, or with `ended`.
 */
export interface TarInput {
  readonly run: Extraction;
  chunk: Buffer;
  /** Where in the chunk the next byte stands. */
  at: number;
  ended: boolean;
  /** Gets the next chunk if it can be had now. */
  readonly refill: () => boolean;
  /** Where an archive is read whose contents somebody else takes. */
  readonly sparse?: SparseReading | undefined;
}

export interface SparseReading {
  /** Its cursor is where the archive goes on behind the chunk. */
  readonly reader: SparseReader;
  /** Bytes of the archive. */
  readonly size: number;
}

/** What a reader of the input is: it yields to get the next chunk. */
export type Reading<T> = Generator<void, T, void>;

export const BLOCK = 512;

/** The next `length` bytes in one piece, valid until the next yield. @throws StoreError ARCHIVE when the input ends */
export function* take(input: TarInput, length: number): Reading<Buffer> {
  const bytes = yield* takeOrEnd(input, length);
  if (bytes === undefined) throw cutShort(input);
  return bytes;
}

/** As `take`, but `undefined` when the input ends before. */
export function* takeOrEnd(input: TarInput, length: number): Reading<Buffer | undefined> {
  if (input.at + length <= input.chunk.length) {
    input.at += length;
    return input.chunk.subarray(input.at - length, input.at);
  }
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    if (!(yield* hasMore(input))) return undefined;
    const copied = input.chunk.copy(bytes, filled, input.at);
    filled += copied;
    input.at += copied;
  }
  return bytes;
}

/**
 * Hands the next `length` bytes to `use`, piece by piece and uncopied.
 *
 * @throws StoreError ARCHIVE when the input ends
 */
export function* pass(
  input: TarInput,
  length: number,
  use?: (chunk: Buffer, start: number, end: number) => void,
): Reading<void> {
  for (let left = length; left > 0; ) {
    if (!(yield* hasMore(input))) throw cutShort(input);
    const start = input.at;
    input.at = Math.min(start + left, input.chunk.length);
    left -= input.at - start;
    use?.(input.chunk, start, input.at);
  }
}

/** Where the next byte stands in an archive that is read sparsely. */
export function positionIn({ chunk, at }: TarInput, { reader }: SparseReading): number {
  return reader.cursor.position - (chunk.length - at);
}

/** Leaves out the next `length` bytes, which the archive has: those that are not in the chunk yet are not read. */
export function skip(input: TarInput, { reader }: SparseReading, length: number): void {
  const inChunk = Math.min(length, input.chunk.length - input.at);
  input.at += inChunk;
  reader.cursor.position += length - inChunk;
  countExpanded(input.run, length - inChunk);
}

/** How many bytes follow `size` bytes up to the next block. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Whether a byte is there, after waiting for a chunk if need be. */
function* hasMore(input: TarInput): Reading<boolean> {
  while (input.at === input.chunk.length) {
    if (input.ended) return false;
    if (!input.refill()) yield;
  }
  return true;
}

function cutShort(input: TarInput): Error {
  return archiveError(input.run, "is cut short: the archive ends inside it");
}
