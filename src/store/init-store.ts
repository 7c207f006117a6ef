import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, realpathSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { StoreError } from "../errors.ts";
import { overlapsItself } from "../model/rewrite.ts";
import { searchableDirectory } from "../model/searchable.ts";
import { syncDirectory, TEMPORARY_MARK } from "../system/atomic-file.ts";
import { acquireLock, type Lock } from "../system/lock.ts";
import { makeDirectory } from "../system/make-directory.ts";
import { namesIn } from "../system/names-in.ts";
import type { StoreContext } from "./context.ts";
import { makeDirectories } from "./directories.ts";
import { isWidth, type Layout, lockPath, longestRoot, WIDTHS } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { checkAncestors } from "./root-safety.ts";
import { FORMAT, readStoreFile, type StoreFile, writeStoreFile } from "./store-file.ts";

interface InitOptions {
  readonly allowUnsafeRoot?: boolean;
  readonly context: StoreContext;
}

/**
 * Creates an empty store. `store.json` is written last: a root without it is no store yet, and a killed `init` is
 * simply done again.
 * @throws StoreError INVALID_INPUT, UNSAFE
 */
export async function initStore(layout: Layout, options: InitOptions): Promise<StoreFile> {
  checkWidth(layout);
  checkRootText(layout);
  if (options.allowUnsafeRoot !== true) checkAncestors(layout.root);
  checkRootContent(layout);
  makeDirectory(layout.root, { mode: 0o700, hint: "Choose another root with --root or $STORE_ROOT." });
  if (layout.admin !== layout.root) {
    checkAdminDir(layout);
    makeDirectory(layout.admin, { mode: 0o700, hint: ANOTHER_ADMINDIR });
  }
  if (options.allowUnsafeRoot !== true) for (const path of [layout.root, layout.admin]) checkAncestors(path);
  mkdirSync(layout.locks, { recursive: true, mode: 0o700 });
  using _lock = await lockInit(layout, options.context);
  return readStoreFile(layout.storeFile) ?? writeNewStore(layout, options);
}

/**
 * Remembers that the root of this store is accepted though others could replace it or write to it.
 * @throws StoreError BUSY, DAMAGED
 */
export async function acceptUnsafeRoot({ layout, context }: Store): Promise<void> {
  using _lock = await lockInit(layout, context);
  const file = readStoreFile(layout.storeFile);
  if (file && !file.unsafeRoot) writeStoreFile(layout.storeFile, { ...file, unsafeRoot: true });
}

function lockInit(layout: Layout, { now, wait }: StoreContext): Promise<Lock> {
  return acquireLock(lockPath(layout, "init"), { command: "store init", now, wait });
}

function checkWidth({ width }: Layout): void {
  if (isWidth(width)) return;
  throw new StoreError("INVALID_INPUT", `a store cannot have the width ${JSON.stringify(width)}`, {
    hint: `Choose ${WIDTHS.join(", ")}.`,
  });
}

function writeNewStore(layout: Layout, { allowUnsafeRoot, context }: InitOptions): StoreFile {
  refuseRemains(layout);
  for (const name of readdirSync(layout.root)) if (name.startsWith(TEMPORARY_MARK)) unlinkSync(join(layout.root, name));
  makeDirectories(layout);
  if (realpathSync(layout.storeDir) !== layout.storeDir) throw notReal(layout.storeDir);
  for (const path of new Set([layout.root, layout.admin])) syncDirectory(path);
  const file: StoreFile = {
    format: FORMAT,
    width: layout.width,
    id: randomBytes(16).toString("hex"),
    storeDir: layout.storeDir,
    ...(layout.admin !== layout.root && { adminDir: layout.admin }),
    ...(allowUnsafeRoot === true && { unsafeRoot: true }),
    created: context.now().toISOString(),
    unknown: {},
  };
  writeStoreFile(layout.storeFile, file);
  return file;
}

/** A store that was only begun holds nothing yet: what is more is one whose `store.json` is lost. */
function refuseRemains({ root, storeFile, storeDir, manifests, profiles, log }: Layout): void {
  const remains = [storeDir, manifests, profiles, log].find((path) => namesIn(path).length > 0);
  if (remains === undefined) return;
  throw new StoreError("DAMAGED", `${root} holds what belongs to a store (${remains}), but no store.json`, {
    hint: "Restore store.json from a backup, or write it by hand: docs/verify.md tells which members can be known.",
    details: { file: storeFile, found: remains },
  });
}

function checkRootText(layout: Layout): void {
  const { root, width } = layout;
  const length = Buffer.byteLength(root);
  const isPlain = /^[A-Za-z0-9/._+@,=~-]+$/.test(root);
  if (length > longestRoot(width)) throw rootTooLong(layout, { length, isPlain });
  if (!isPlain) {
    throw new StoreError(
      "INVALID_INPUT",
      `the root ${JSON.stringify(root)} has characters that build tools cannot take`,
      {
        hint: `Choose a path of ${PLAIN} with --root or $STORE_ROOT.`,
        details: { root },
      },
    );
  }
  if (/[a-z2-7]{32}|0{32}/.test(root)) {
    throw new StoreError("INVALID_INPUT", `the root ${root} has a part that looks like a digest`, {
      hint: "Choose a root without 32 letters or digits of base32 in a row.",
      details: { root },
    });
  }
  if (layout.storeDir !== layout.canonicalStoreDir && overlapsItself(layout.storeDir)) {
    throw new StoreError("INVALID_INPUT", `the root ${root} makes a storeDir that overlaps itself`, {
      hint: "Choose a root that does not begin with /pkgs_.",
      details: { root },
    });
  }
}

/** What a root consists of. */
const PLAIN = "letters, digits and / . _ + @ , = ~ -";

/** One that has other characters as well needs another path all the same: then no width helps. */
function rootTooLong(
  layout: Layout,
  { length, isPlain }: { readonly length: number; readonly isPlain: boolean },
): StoreError {
  const { root } = layout;
  const wider = isPlain ? WIDTHS.find((width) => length <= longestRoot(width)) : undefined;
  const way = wider
    ? `or run \`store init --width ${wider}\` (such a store exchanges no built packages with others)`
    : "";
  const odd = isPlain ? "" : ", and it has characters that build tools cannot take";
  return new StoreError(
    "INVALID_INPUT",
    `the root ${isPlain ? root : JSON.stringify(root)} has ${length} bytes; at most ${longestRoot(layout.width)} fit${odd}`,
    {
      hint: `Choose a shorter path${isPlain ? "" : ` of ${PLAIN}`} with --root or $STORE_ROOT, ${way}`.replace(
        /, $/,
        ".",
      ),
      details: { root, length, longest: longestRoot(layout.width), width: layout.width },
    },
  );
}

function checkRootContent(layout: Layout): void {
  const { root, admin: _admin, width: _width, canonicalStoreDir: _canonical, ...paths } = layout;
  const ours = new Set(Object.values(paths).map((path) => basename(path)));
  // A killed `init` can leave a temporary file.
  const foreign = namesIn(root).filter((name) => !ours.has(name) && !name.startsWith(TEMPORARY_MARK));
  if (foreign.length === 0) return;
  throw new StoreError(
    "INVALID_INPUT",
    `${root} is not empty and holds no store (${foreign.slice(0, 3).join(", ")}${foreign.length > 3 ? " …" : ""})`,
    {
      hint: "Name an empty or new directory with --root or $STORE_ROOT.",
      details: { root, entries: foreign.slice(0, 20) },
    },
  );
}

/** What lies there already could be the administration of another store. */
function checkAdminDir({ admin, storeDir }: Layout): void {
  const inside = admin === storeDir || admin.startsWith(`${storeDir}/`);
  const found = namesIn(admin);
  searchableDirectory(admin, ANOTHER_ADMINDIR);
  if (!inside && found.length === 0) return;
  const reason = inside ? "lies among the objects" : `is not empty (${found.slice(0, 3).join(", ")})`;
  throw new StoreError("INVALID_INPUT", `the directory for the administration, ${admin}, ${reason}`, {
    hint: ANOTHER_ADMINDIR,
    details: { adminDir: admin, entries: found.slice(0, 20) },
  });
}

const ANOTHER_ADMINDIR = "Name an empty or new directory with --admindir or $STORE_ADMINDIR.";

function notReal(path: string): StoreError {
  return new StoreError("UNSAFE", `${path} leads through a symlink`, {
    hint: "Remove the symlink, or name another directory with --root or $STORE_ROOT.",
    details: { path },
  });
}
