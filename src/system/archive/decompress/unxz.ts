import xzDecompress from "xz-decompress";
import { type PackedFile, readChunks } from "../packed-file.ts";

/**
 * The content of an xz file with one or more streams, with CRC32 and CRC64 verified. SHA-256, the filters for machine
 * code, and dictionaries of more than 64 MiB are refused.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* unxz(file: PackedFile): AsyncGenerator<Buffer> {
  const input = readChunks(file, { fresh: true });
  try {
    for await (const chunk of new xzDecompress.XzReadableStream(ReadableStream.from(input))) {
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } finally {
    await input.return(undefined);
  }
}
