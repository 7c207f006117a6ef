import unbzip2 from "@openpgp/unbzip2-stream";
import { type PackedFile, readChunks } from "../packed-file.ts";

/**
 * The content of a bzip2 file with one or more streams, all checksums verified.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* bunzip2(file: PackedFile): AsyncGenerator<Buffer> {
  const input = readChunks(file, { fresh: true });
  try {
    // To cancel this stream is an error in the library.
    const unpacked = unbzip2(ReadableStream.from(input)).values({ preventCancel: true });
    for await (const chunk of unpacked) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } finally {
    await input.return(undefined);
  }
}
