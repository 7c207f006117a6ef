import type { BlobId } from "../../model/ids.ts";
import type { ImportedFile } from "./import-settings.ts";

/**
 * What was found out about many files, in few values: between threads each object would be copied member by member, and a
 * tree can have a million files.
 */
export interface PackedFiles {
  /** 64 characters each. */
  readonly ids: string;
  readonly sizes: Float64Array;
  readonly prints: Float64Array;
  /** Sums of `FLAG`. */
  readonly flags: Uint8Array;
  /** Of those files that have any, by their place. */
  readonly baseNames: ReadonlyMap<number, readonly string[]>;
}

/** What can be so of a file; see `ImportedFile`. */
export const FLAG = { executable: 1, pooled: 2, mentions: 4, fromLocal: 8, fromCanonical: 16 } as const;

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
    flags[at] = flagsOf(file);
    if (file.baseNames) baseNames.set(at, file.baseNames);
  });
  return { ids, sizes, prints, flags, baseNames };
}

function flagsOf({ executable, pooled, mentions, fromLocal, fromCanonical }: ImportedFile): number {
  return (
    (executable ? FLAG.executable : 0) +
    (pooled ? FLAG.pooled : 0) +
    (mentions ? FLAG.mentions : 0) +
    (fromLocal ? FLAG.fromLocal : 0) +
    (fromCanonical ? FLAG.fromCanonical : 0)
  );
}

export function unpackFiles(packed: PackedFiles): ImportedFile[] {
  const { sizes, prints, baseNames } = packed;
  return Array.from(sizes, (size, at) => ({
    id: idAt(packed, at),
    size,
    print: prints[at] as number,
    executable: hasFlag(packed, at, "executable"),
    pooled: hasFlag(packed, at, "pooled"),
    mentions: hasFlag(packed, at, "mentions"),
    fromLocal: hasFlag(packed, at, "fromLocal"),
    fromCanonical: hasFlag(packed, at, "fromCanonical"),
    baseNames: baseNames.get(at),
  }));
}

export function idAt({ ids }: Pick<PackedFiles, "ids">, at: number): BlobId {
  return ids.slice(at * ID_LENGTH, (at + 1) * ID_LENGTH) as BlobId;
}

export function hasFlag({ flags }: Pick<PackedFiles, "flags">, at: number, flag: keyof typeof FLAG): boolean {
  return ((flags[at] as number) & FLAG[flag]) !== 0;
}

/** Bytes of all files together. */
export function totalSize({ sizes }: Pick<PackedFiles, "sizes">): number {
  let total = 0;
  for (let at = 0; at < sizes.length; at++) total += sizes[at] as number;
  return total;
}

/** Whether one of the files has the flag. */
export function someHave({ flags }: Pick<PackedFiles, "flags">, flag: keyof typeof FLAG): boolean {
  const bit = FLAG[flag];
  for (let at = 0; at < flags.length; at++) if (((flags[at] as number) & bit) !== 0) return true;
  return false;
}

/** Those that `isWanted` says, by their place. */
export function placesOf({ flags }: Pick<PackedFiles, "flags">, isWanted: (at: number) => boolean): number[] {
  const places: number[] = [];
  for (let at = 0; at < flags.length; at++) if (isWanted(at)) places.push(at);
  return places;
}

/** The files at these places, in this order. */
export function pickFiles(packed: PackedFiles, places: readonly number[]): PackedFiles {
  const baseNames = new Map<number, readonly string[]>();
  places.forEach((place, at) => {
    const names = packed.baseNames.get(place);
    if (names) baseNames.set(at, names);
  });
  return {
    ids: places.map((place) => idAt(packed, place)).join(""),
    sizes: Float64Array.from(places, (place) => packed.sizes[place] as number),
    prints: Float64Array.from(places, (place) => packed.prints[place] as number),
    flags: Uint8Array.from(places, (place) => packed.flags[place] as number),
    baseNames,
  };
}

/** All files of several batches, one behind the other. */
export function joinFiles(parts: readonly PackedFiles[]): PackedFiles {
  const [first] = parts;
  return parts.length === 1 && first ? first : packFiles(parts.flatMap(unpackFiles));
}
