import type { ByteString } from "../../model/byte-string.ts";
import type { BlobId } from "../../model/ids.ts";

/** How a file of the pool gets into an object. */
export type LinkMethod = "hardlink" | "reflink" | "copy";

/** What every file of one import has in common. Plain data: it is sent to worker threads. */
export interface ImportSettings {
  /** The pool's directory. */
  readonly files: string;
  /** A private directory on the store's filesystem for temporary names. */
  readonly scratch: string;
  readonly localStoreDir: string;
  readonly canonicalStoreDir: string;
  /** The name that the object has in its own canonical form. */
  readonly zeroBaseName: string;
  /** The name under which the tree was made in the local storeDir, if it was: it counts as local form. */
  readonly selfName: string | undefined;
  readonly method: LinkMethod;
  /** Whether large files can be cloned from the source's filesystem into the store's. */
  readonly cloneLarge: boolean;
  /** `adopt`: the files lie in the store's temporary directory already and belong to nobody else. */
  readonly mode: "copy" | "adopt";
  /** A new file has the mode that is asked for, and no attributes: neither umask nor access list have a say. */
  readonly plainFiles: boolean;
}

/** Files of one directory. */
export interface FileBatch {
  readonly source: ByteString;
  readonly target: ByteString;
  readonly names: readonly ByteString[];
}

/** What an import found out about one file. Unless it is `pooled` it now lies in the target in canonical form. */
export interface ImportedFile {
  /** Of the canonical form. */
  readonly id: BlobId;
  readonly size: number;
  readonly executable: boolean;
  /** The pool has a file of this name: the target is not there yet, and becomes a link to that (see `linkPooled`). */
  readonly pooled: boolean;
  /** Holds the canonical or the local storeDir, or the object's own name: it must be localised. */
  readonly mentions: boolean;
  readonly fromLocal: boolean;
  readonly fromCanonical: boolean;
  /** Of the source, before it was read (see `filePrint`); 0 for what is no source. */
  readonly print: number;
  /** Texts that begin with what may be the name of another object. */
  readonly baseNames: readonly string[] | undefined;
}
