import { type PackedFile, readChunks } from "../packed-file.ts";
import { gunzip } from "./gunzip.ts";
import { type Environment, findProgram, runProgram } from "./host-program.ts";
import { endsBzip2InZeros } from "./trailing-zeros.ts";

export type Compression = "none" | "gzip" | "bzip2" | "xz" | "zstd";

type Decompressor = (file: PackedFile) => AsyncGenerator<Buffer>;

/**
 * The unpacked content of a file, in chunks that are valid until the next one is asked for. bzip2, xz and zstd are left
 * to the host's programs where there are any: they are several times faster and run beside this process. The libraries
 * give the same results, except that `unxz` refuses some rare files.
 *
 * @throws Error, without the file's name, when the data are damaged, cut short, or followed by something else
 */
export async function* decompress(
  file: PackedFile,
  compression: Compression,
  environment: Environment,
): AsyncGenerator<Buffer> {
  if (compression === "none") return yield* readChunks(file);
  if (compression === "gzip") return yield* gunzip(file);
  const program = findProgram(compression, environment);
  const mayLeaveOut = compression === "bzip2" ? () => endsBzip2InZeros(file) : undefined;
  if (program !== undefined) return yield* runProgram(file, program, { args: ["-d", "-c"], environment, mayLeaveOut });
  yield* (await library(compression))(file);
}

async function library(compression: "bzip2" | "xz" | "zstd"): Promise<Decompressor> {
  switch (compression) {
    case "bzip2":
      return (await import("./bunzip2.ts")).bunzip2;
    case "xz":
      return (await import("./unxz.ts")).unxz;
    case "zstd":
      return (await import("./unzstd.ts")).unzstd;
  }
}
