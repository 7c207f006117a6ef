import type { BaseName } from "../../model/ids.ts";
import type { Replacement } from "../../model/rewrite.ts";
import { canonicalising } from "../../model/rewrite.ts";
import type { InodeTable } from "./inode-table.ts";
import type { Pace } from "./pace.ts";

/** What all checks of one run have in common. Plain data: it is sent to worker threads. */
export interface VerifySettings {
  readonly storeDir: string;
  readonly canonicalStoreDir: string;
  readonly manifests: string;
  readonly files: string;
  readonly twins: string;
  readonly sources: string;
  /** Whom everything must belong to. */
  readonly uid: number;
  /** Read every file. Otherwise only those are read that look as if somebody wrote to them. */
  readonly contents: boolean;
  /** What was read before and need not be read again. */
  readonly known: InodeTable;
  readonly pace: Pace;
  /** Objects that are checked although they have no manifest: a repair gives it back to them. */
  readonly orphans?: readonly BaseName[] | undefined;
}

/** What turns a file of this object into its canonical form. */
export function toCanonical(
  { storeDir, canonicalStoreDir }: Pick<VerifySettings, "storeDir" | "canonicalStoreDir">,
  object: BaseName,
): readonly Replacement[] {
  return canonicalising({ canonicalStoreDir, localStoreDir: storeDir }, object);
}
