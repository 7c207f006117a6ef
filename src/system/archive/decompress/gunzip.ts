import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { closeStream } from "../../close-stream.ts";
import { CHUNK_BYTES, type PackedFile } from "../packed-file.ts";
import { endOfData } from "./trailing-zeros.ts";

/**
 * The content of a gzip file with one or more members. Zeros may follow, as tapes have them, and nothing else.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* gunzip(file: PackedFile): AsyncGenerator<Buffer> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on("data", (chunk) => {
    file.readBytes += chunk.length;
  });
  source.on("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } finally {
    await closeStream(source);
  }
  // zlib stops at the first zero after a member without a look at the rest.
  if (endOfData(file) > inflate.bytesWritten) throw new Error("something else follows the compressed data");
}
