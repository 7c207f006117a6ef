import type { Stats } from "node:fs";
import type { ByteString } from "../../model/byte-string.ts";
import { BLOB_HEADER_ROOM } from "../../model/git-object.ts";
import { type Replacement, replacements } from "../../model/rewrite.ts";
import { baseNameAt, findLandmarks, PKGS, ZERO } from "../../model/search/find-landmarks.ts";
import { createSearchRoom, type SearchRoom } from "../../model/search/search-room.ts";
import { filePrint } from "../../system/file-stamp.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";

/** Files up to this size, in bytes, are read whole. */
export const SMALL = 1 << 20;

/** After so many bytes of small files others get their turn, if they share the thread. */
export const BYTES_A_STEP = 4 << 20;

/** What the import of one batch of files works with. */
export interface ImportWork extends Disposable {
  readonly settings: ImportSettings;
  /** Room for a small file and, before it, for the header that it is hashed with. */
  readonly buffer: Buffer;
  readonly canonicalise: readonly Replacement[];
  /** Fastest for what lies in `buffer`. */
  readonly search: Search;
}

/** Nobody works with it. Allocating a mebibyte for every batch costs more than small files themselves. */
let spare: SearchRoom | undefined;

/** How many bytes this thread has searched. */
let searched = 0;

/** After so many the fast search has been worth its start. */
const WORTH_ROOM = 1 << 20;

export function createImportWork(settings: ImportSettings): ImportWork {
  const room = takeRoom();
  return {
    settings,
    buffer: room.buffer,
    canonicalise: canonicalReplacements(settings),
    search: createSearch(settings, room),
    [Symbol.dispose]() {
      spare = room;
    },
  };
}

const ROOM = BLOB_HEADER_ROOM + SMALL + 1;

function takeRoom(): SearchRoom {
  const taken = spare;
  spare = undefined;
  if (taken && (taken.find !== findLandmarks || searched < WORTH_ROOM)) return taken;
  const fast = searched < WORTH_ROOM ? undefined : createSearchRoom(ROOM);
  return fast ?? taken ?? { buffer: Buffer.allocUnsafeSlow(ROOM), find: findLandmarks };
}

/** What turns a tree that was made in this store, at `selfName`, into canonical form. */
export function canonicalReplacements(settings: ImportSettings): readonly Replacement[] {
  const { localStoreDir, canonicalStoreDir, selfName, zeroBaseName } = settings;
  const self = selfName === undefined ? [] : ([[selfName, zeroBaseName]] as const);
  return replacements([[localStoreDir, canonicalStoreDir], ...self]);
}

/** What bytes say about the store; see `ImportedFile`. */
export type Mentions = Pick<ImportedFile, "mentions" | "fromLocal" | "fromCanonical" | "baseNames">;

/** A search through the bytes of one file after the other, each in one piece or in several that overlap. */
export interface Search {
  look(bytes: Buffer): void;
  /** What was seen since it was last asked. */
  found(): Mentions;
}

/** One for a batch of files: to make a set and its company for each small file costs more than to search it. */
function createSearch(settings: ImportSettings, { find }: SearchRoom): Search {
  const names = new Set<string>();
  let fromLocal = false;
  let fromCanonical = false;
  let zero = false;
  let bytes: Buffer;
  const local = storeDirAt(settings.localStoreDir);
  const canonical = hasTwoForms(settings) ? storeDirAt(settings.canonicalStoreDir) : undefined;
  const zeroName = Buffer.from(settings.zeroBaseName);
  const selfName = settings.selfName === undefined ? undefined : Buffer.from(settings.selfName);
  const landmarks = {
    storeDir(at: number) {
      fromLocal ||= local(bytes, at);
      fromCanonical ||= canonical?.(bytes, at) === true;
    },
    digits(at: number) {
      fromLocal ||= selfName !== undefined && standsAt(bytes, at, selfName);
      if (bytes[at] === ZERO) zero ||= standsAt(bytes, at, zeroName);
      else names.add(baseNameAt(bytes, at));
    },
  };
  return {
    look(next) {
      bytes = next;
      searched += next.length;
      find(next, landmarks);
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

/** Whether it is that storeDir of which `PKGS` stands at a place. */
function storeDirAt(storeDir: string): (bytes: Buffer, at: number) => boolean {
  const whole = Buffer.from(storeDir);
  const before = whole.lastIndexOf(PKGS);
  return (bytes, at) => standsAt(bytes, at - before, whole);
}

function standsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  return at >= 0 && at + text.length <= bytes.length && bytes.compare(text, 0, text.length, at, at + text.length) === 0;
}

/** In a store rooted at `/store` canonical and local storeDir are one. */
function hasTwoForms({ localStoreDir, canonicalStoreDir }: ImportSettings): boolean {
  return localStoreDir !== canonicalStoreDir;
}

/** An adopted file is no source: nobody will ask for it again. */
export function printOf({ settings }: ImportWork, source: ByteString, status: Stats): number {
  return settings.mode === "copy" ? filePrint(source, status) : 0;
}
