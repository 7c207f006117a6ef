import type { ByteString } from "../../model/byte-string.ts";
import type { BlobId, TreeId } from "../../model/ids.ts";
import type { PackedFiles } from "./pack-files.ts";

/** One directory of a tree that is being imported; names in no particular order. */
export interface ImportedDirectory {
  readonly path: ByteString;
  readonly directories: ReadonlyMap<ByteString, ImportedDirectory>;
  readonly files: readonly ImportedFiles[];
  readonly links: ReadonlyMap<ByteString, ImportedLink>;
  /** Of a directory without others in it, and without anything that mentions the store. */
  summary: DirectorySummary | undefined;
}

/** What becomes of a directory that is as it will stay. */
export interface DirectorySummary {
  readonly treeId: TreeId;
  /** Its lines of the object's file list. */
  readonly lines: string;
}

/** Some files of one directory. */
export interface ImportedFiles {
  readonly names: readonly ByteString[];
  /** In the order of the names. */
  readonly files: PackedFiles;
}

export interface ImportedLink {
  /** Of the target in canonical form. */
  readonly id: BlobId;
  /** In canonical form. */
  readonly target: ByteString;
  readonly mentions: boolean;
  readonly fromLocal: boolean;
  readonly fromCanonical: boolean;
  readonly baseNames: readonly string[] | undefined;
}
