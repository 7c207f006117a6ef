import { findBaseNames } from "../../model/find-base-names.ts";
import { BLOB_HEADER_ROOM } from "../../model/git-object.ts";
import { type Replacement, replacements } from "../../model/rewrite.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";

/** Files up to this size, in bytes, are read whole. */
export const SMALL = 1 << 20;

/** What the import of one batch of files works with. */
export interface ImportWork {
  readonly settings: ImportSettings;
  /** Room for a small file and, before it, for the header that it is hashed with. */
  readonly buffer: Buffer;
  readonly local: Buffer;
  readonly canonical: Buffer;
  readonly zero: Buffer;
  readonly self: Buffer | undefined;
  readonly canonicalise: readonly Replacement[];
}

/** One buffer a thread: allocating a mebibyte for every batch costs more than small files themselves. */
let spare: Buffer | undefined;

export function createImportWork(settings: ImportSettings): ImportWork {
  spare ??= Buffer.allocUnsafeSlow(BLOB_HEADER_ROOM + SMALL + 1);
  return {
    settings,
    buffer: spare,
    local: Buffer.from(settings.localStoreDir),
    canonical: Buffer.from(settings.canonicalStoreDir),
    zero: Buffer.from(settings.zeroBaseName),
    self: settings.selfName === undefined ? undefined : Buffer.from(settings.selfName),
    canonicalise: canonicalReplacements(settings),
  };
}

/** What turns a tree that was made in this store, at `selfName`, into canonical form. */
export function canonicalReplacements(settings: ImportSettings): readonly Replacement[] {
  const { localStoreDir, canonicalStoreDir, selfName, zeroBaseName } = settings;
  const self = selfName === undefined ? [] : ([[selfName, zeroBaseName]] as const);
  return replacements([[localStoreDir, canonicalStoreDir], ...self]);
}

/** What bytes say about the store; see `ImportedFile`. */
export type Mentions = Pick<ImportedFile, "mentions" | "fromLocal" | "fromCanonical" | "baseNames">;

/** A search through bytes that come in one piece or in several; pieces overlap by the longest name. */
export function startSearch(work: ImportWork): { look(bytes: Buffer): void; found(): Mentions } {
  const names = new Set<string>();
  const seen = { fromLocal: false, fromCanonical: false, zero: false };
  return {
    look(bytes) {
      seen.fromLocal ||= isLocal(work, bytes);
      seen.fromCanonical ||= hasTwoForms(work.settings) && bytes.indexOf(work.canonical) >= 0;
      seen.zero ||= bytes.indexOf(work.zero) >= 0;
      findBaseNames(bytes, names);
    },
    found: () => ({
      mentions: seen.zero || seen.fromLocal || seen.fromCanonical,
      fromLocal: seen.fromLocal,
      fromCanonical: seen.fromCanonical,
      baseNames: names.size > 0 ? [...names] : undefined,
    }),
  };
}

function isLocal(work: ImportWork, bytes: Buffer): boolean {
  return bytes.indexOf(work.local) >= 0 || (work.self !== undefined && bytes.indexOf(work.self) >= 0);
}

/** In a store rooted at `/store` canonical and local storeDir are one. */
function hasTwoForms({ localStoreDir, canonicalStoreDir }: ImportSettings): boolean {
  return localStoreDir !== canonicalStoreDir;
}
