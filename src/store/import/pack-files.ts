import type { BlobId } from "../../model/ids.ts";
import type { ImportedFile } from "./import-settings.ts";

/** What was found out about many files, in few values: between threads each object would be copied member by member. */
export interface PackedFiles {
  /** 64 characters each. */
  readonly ids: string;
  readonly sizes: Float64Array;
  readonly prints: Float64Array;
  /** The bits of `FLAGS`. */
  readonly flags: Uint8Array;
  /** Of those files that have any, by their place. */
  readonly baseNames: ReadonlyMap<number, readonly string[]>;
}

const FLAGS = ["executable", "pooled", "mentions", "fromLocal", "fromCanonical"] as const;
const ID_LENGTH = 64;

export function packFiles(files: readonly ImportedFile[]): PackedFiles {
  const sizes = new Float64Array(files.length);
  const prints = new Float64Array(files.length);
  const flags = new Uint8Array(files.length);
  const baseNames = new Map<number, readonly string[]>();
  let ids = "";
  files.forEach((file, at) => {
    ids += file.id;
    sizes[at] = file.size;
    prints[at] = file.print;
    flags[at] = FLAGS.reduce((bits, name, bit) => bits | (Number(file[name]) << bit), 0);
    if (file.baseNames) baseNames.set(at, file.baseNames);
  });
  return { ids, sizes, prints, flags, baseNames };
}

export function unpackFiles({ ids, sizes, prints, flags, baseNames }: PackedFiles): ImportedFile[] {
  return Array.from(sizes, (size, at) => {
    const bits = flags[at] as number;
    const has = (name: (typeof FLAGS)[number]) => (bits & (1 << FLAGS.indexOf(name))) !== 0;
    return {
      id: ids.slice(at * ID_LENGTH, (at + 1) * ID_LENGTH) as BlobId,
      size,
      print: prints[at] as number,
      executable: has("executable"),
      pooled: has("pooled"),
      mentions: has("mentions"),
      fromLocal: has("fromLocal"),
      fromCanonical: has("fromCanonical"),
      baseNames: baseNames.get(at),
    };
  });
}
