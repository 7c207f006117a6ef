import { existsSync } from "node:fs";
import { StoreError } from "../errors.ts";
import { namesIn } from "../system/names-in.ts";
import type { StoreContext } from "./context.ts";
import { type Layout, layoutOf, type Width } from "./layout.ts";
import { FORMATS, type Formats } from "./migrations.ts";
import { resolveRoot } from "./resolve-root.ts";
import { refuseForeignRoot } from "./root-safety.ts";
import { readStoreFile, type StoreFile } from "./store-file.ts";

/** An open store. It keeps no file open and holds no lock. */
export interface Store {
  readonly layout: Layout;
  readonly file: StoreFile;
  readonly context: StoreContext;
}

export interface OpenOptions {
  /** Where the store lies; created when there is none, unless `create` is false. */
  readonly root: string;
  readonly width?: Width;
  readonly create?: boolean;
  /** Accept a root that other users could replace or write to. */
  readonly allowUnsafeRoot?: boolean;
  /** Where profiles, log, roots and index lie; only a store that is created can be given another place for them. */
  readonly adminDir?: string;
  /** Formats that are read; those of this program when absent. */
  readonly formats?: Formats;
  readonly context: StoreContext;
}

/** @throws StoreError NOT_FOUND, UNSAFE, INVALID_INPUT, NEWER_FORMAT, UNSUPPORTED, DAMAGED */
export async function openStoreAt(options: OpenOptions): Promise<Store> {
  const root = resolveRoot(options.root);
  const { context, formats = FORMATS } = options;
  const adminDir = options.adminDir === undefined ? undefined : resolveRoot(options.adminDir);
  const known = readStoreFile(layoutOf(root, 48).storeFile, formats.newest);
  const found = known ?? (await createStore(root, { ...options, adminDir }));
  const layout = layoutOf(root, found.width, found.adminDir);
  if (adminDir !== undefined && adminDir !== layout.admin) throw otherAdminDir(layout, adminDir);
  if (found.storeDir !== layout.storeDir) throw moved(layout, found);
  if (found.adminDir !== undefined && isAdminLost(layout)) throw lostAdmin(layout);
  const isAccepted = found.unsafeRoot || options.allowUnsafeRoot === true;
  if (!isAccepted) refuseForeignRoot(root);
  const file = isCurrent(layout, found, formats) ? found : await upToDate(layout, formats, context);
  return { layout, file: isAccepted ? { ...file, unsafeRoot: true } : file, context };
}

async function createStore(
  root: string,
  options: Omit<OpenOptions, "adminDir"> & { readonly adminDir: string | undefined },
): Promise<StoreFile> {
  if (options.create === false) {
    throw new StoreError("NOT_FOUND", `there is no store at ${root}`, {
      hint: "Create one with `store init`, or name another with --root or $STORE_ROOT.",
      details: { root },
    });
  }
  const { initStore } = await import("./init-store.ts");
  const layout = layoutOf(root, options.width ?? 48, options.adminDir);
  const file = await initStore(layout, options);
  const { settleIndexPlace } = await import("./index/index-place.ts");
  settleIndexPlace({ layout, file, context: options.context });
  return file;
}

/** Two logs and two sets of generations over the same objects would each know only half of what is needed. */
function otherAdminDir({ root, admin }: Layout, adminDir: string): StoreError {
  return new StoreError("UNSAFE", `the store at ${root} has its administration in ${admin}, not in ${adminDir}`, {
    hint: `The store remembers it: leave out --admindir and $STORE_ADMINDIR. To move it, while no store command runs: mv ${admin}/{log,profiles,roots,index} to the new empty directory, write that as "adminDir" into ${root}/store.json, and run \`store verify --repair\`, which makes the links of generations and named roots anew.`,
    details: { root, adminDir: admin, given: adminDir },
  });
}

/** In a store without objects it can have been empty, and is made anew. */
function isAdminLost({ admin, manifests }: Layout): boolean {
  return !existsSync(admin) && namesIn(manifests).length > 0;
}

function lostAdmin({ root, admin }: Layout): StoreError {
  return new StoreError("DAMAGED", `the administration of the store at ${root} is missing: there is no ${admin}`, {
    hint: `Put it back, from a backup or by mounting it. Where it was moved, write its path as "adminDir" into ${root}/store.json, and run \`store verify --repair\`.`,
    details: { root, adminDir: admin },
  });
}

function isCurrent(layout: Layout, file: StoreFile, formats: Formats): boolean {
  return file.format === formats.newest && !existsSync(layout.migration);
}

/** Loaded when it is needed: nearly never. */
async function upToDate(layout: Layout, formats: Formats, context: StoreContext): Promise<StoreFile> {
  const { migrateStore } = await import("./migrate-store.ts");
  return migrateStore(layout, formats, context);
}

function moved(layout: Layout, file: StoreFile): StoreError {
  return new StoreError("DAMAGED", `the store at ${layout.root} was made for ${file.storeDir}`, {
    hint: `Its objects mention that path: move the directory back. To have its packages elsewhere, export them there and import them in the new store.`,
    details: { root: layout.root, storeDir: file.storeDir },
  });
}
