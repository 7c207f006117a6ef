import { archiveError, type Extraction } from "../extraction.ts";

/**
 * The bytes of a tar archive as they come, for generators that read them: a generator yields when it has used up the
 * chunk and is resumed with the next one, or with `ended`.
 */
export interface TarInput {
  readonly run: Extraction;
  chunk: Buffer;
  /** Where in the chunk the next byte stands. */
  at: number;
  ended: boolean;
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

/** How many bytes follow `size` bytes up to the next block. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Whether a byte is there, after waiting for a chunk if need be. */
function* hasMore(input: TarInput): Reading<boolean> {
  while (input.at === input.chunk.length) {
    if (input.ended) return false;
    yield;
  }
  return true;
}

function cutShort(input: TarInput): Error {
  return archiveError(input.run, "is cut short: the archive ends inside it");
}
