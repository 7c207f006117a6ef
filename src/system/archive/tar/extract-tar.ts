import { countExpanded, type Extraction } from "../extraction.ts";
import { readTar, type TarOutput } from "./read-tar.ts";
import type { SparseReading, TarInput } from "./tar-input.ts";

/**
 * Writes the entries of a tar archive that comes in chunks. All chunks are asked for, also those after the end marker,
 * so that a decompressor gets to verify its last checksum. `onChunk` is called after each and may throw to stop.
 *
 * @throws StoreError ARCHIVE, LIMIT, and what the writer, `chunks` and `onChunk` throw
 */
export async function extractTar(
  chunks: AsyncIterable<Buffer>,
  run: Extraction,
  output: TarOutput & { readonly onChunk: () => void; readonly sparse?: SparseReading | undefined },
): Promise<void> {
  const take = (chunk: Buffer) => {
    countExpanded(run, chunk.length);
    input.chunk = chunk;
    input.at = 0;
  };
  const refill = () => {
    const chunk = output.sparse?.reader.now();
    if (chunk === undefined) return false;
    output.onChunk();
    take(chunk);
    return true;
  };
  const input: TarInput = { run, chunk: Buffer.alloc(0), at: 0, ended: false, refill, sparse: output.sparse };
  const reading = readTar(input, output);
  let isDone = false;
  for await (const chunk of chunks) {
    take(chunk);
    isDone ||= reading.next().done === true;
    output.onChunk();
  }
  input.ended = true;
  if (!isDone) reading.next();
}
