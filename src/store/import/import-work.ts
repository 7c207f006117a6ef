import type { Stats } from "node:fs";
import type { ByteString } from "../../model/byte-string.ts";
import { findBaseNames } from "../../model/find-base-names.ts";
import { BLOB_HEADER_ROOM } from "../../model/git-object.ts";
import { type Replacement, replacements } from "../../model/rewrite.ts";
import { filePrint } from "../../system/file-stamp.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";

/** Files up to this size, in bytes, are read whole. */
export const SMALL = 1 << 20;

/** What the import of one batch of files works with. */
export interface ImportWork extends Disposable {
  readonly settings: ImportSettings;
  /** Room for a small file and, before it, for the header that it is hashed with. */
  readonly buffer: Buffer;
  readonly local: Buffer;
  readonly canonical: Buffer;
  readonly zero: Buffer;
  readonly self: Buffer | undefined;
  readonly canonicalise: readonly Replacement[];
  readonly search: Search;
}

/** Nobody works with it. Allocating a mebibyte for every batch costs more than small files themselves. */
let spare: Buffer | undefined;

export function createImportWork(settings: ImportSettings): ImportWork {
  const buffer = spare ?? Buffer.allocUnsafeSlow(BLOB_HEADER_ROOM + SMALL + 1);
  spare = undefined;
  const work = {
    settings,
    buffer,
    local: Buffer.from(settings.localStoreDir),
    canonical: Buffer.from(settings.canonicalStoreDir),
    zero: Buffer.from(settings.zeroBaseName),
    self: settings.selfName === undefined ? undefined : Buffer.from(settings.selfName),
    canonicalise: canonicalReplacements(settings),
  };
  return {
    ...work,
    search: createSearch(work),
    [Symbol.dispose]() {
      spare = buffer;
    },
  };
}

/** What turns a tree that was made in this store, at `selfName`, into canonical form. */
export function canonicalReplacements(settings: ImportSettings): readonly Replacement[] {
  const { localStoreDir, canonicalStoreDir, selfName, zeroBaseName } = settings;
  const self = selfName === undefined ? [] : ([[selfName, zeroBaseName]] as const);
  return replacements([[localStoreDir, canonicalStoreDir], ...self]);
}

type Patterns = Pick<ImportWork, "settings" | "local" | "canonical" | "zero" | "self">;

/** What bytes say about the store; see `ImportedFile`. */
export type Mentions = Pick<ImportedFile, "mentions" | "fromLocal" | "fromCanonical" | "baseNames">;

/** A search through the bytes of one file after the other, each in one piece or in several that overlap. */
export interface Search {
  look(bytes: Buffer): void;
  /** What was seen since it was last asked. */
  found(): Mentions;
}

/** One for a batch of files: to make a set and its company for each small file costs more than to search it. */
function createSearch(work: Patterns): Search {
  const names = new Set<string>();
  let fromLocal = false;
  let fromCanonical = false;
  let zero = false;
  return {
    look(bytes) {
      fromLocal ||= isLocal(work, bytes);
      fromCanonical ||= hasTwoForms(work.settings) && bytes.indexOf(work.canonical) >= 0;
      zero ||= bytes.indexOf(work.zero) >= 0;
      findBaseNames(bytes, names);
    },
    found() {
      const baseNames = names.size > 0 ? [...names] : undefined;
      const seen = { mentions: zero || fromLocal || fromCanonical, fromLocal, fromCanonical, baseNames };
      // To clear an empty set makes its table anew.
      if (names.size > 0) names.clear();
      fromLocal = fromCanonical = zero = false;
      return seen;
    },
  };
}

function isLocal(work: Patterns, bytes: Buffer): boolean {
  return bytes.indexOf(work.local) >= 0 || (work.self !== undefined && bytes.indexOf(work.self) >= 0);
}

/** In a store rooted at `/store` canonical and local storeDir are one. */
function hasTwoForms({ localStoreDir, canonicalStoreDir }: ImportSettings): boolean {
  return localStoreDir !== canonicalStoreDir;
}

/** An adopted file is no source: nobody will ask for it again. */
export function printOf({ settings }: ImportWork, source: ByteString, status: Stats): number {
  return settings.mode === "copy" ? filePrint(source, status) : 0;
}
