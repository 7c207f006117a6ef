import { StoreError } from "../errors.ts";
import type { StoreContext } from "./context.ts";
import { type Layout, layoutOf, type Width } from "./layout.ts";
import { resolveRoot } from "./resolve-root.ts";
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
  readonly context: StoreContext;
}

/** @throws StoreError NOT_FOUND, UNSAFE, INVALID_INPUT, NEWER_FORMAT, DAMAGED */
export async function openStoreAt(options: OpenOptions): Promise<Store> {
  const root = resolveRoot(options.root);
  const file = readStoreFile(layoutOf(root, 48).storeFile) ?? (await createStore(root, options));
  const layout = layoutOf(root, file.width);
  if (file.storeDir !== layout.storeDir) throw moved(layout, file);
  return { layout, file, context: options.context };
}

async function createStore(root: string, options: OpenOptions): Promise<StoreFile> {
  if (options.create === false) {
    throw new StoreError("NOT_FOUND", `there is no store at ${root}`, {
      hint: "Create one with `store init`, or name another with --root or $STORE_ROOT.",
      details: { root },
    });
  }
  const { initStore } = await import("./init-store.ts");
  return initStore(layoutOf(root, options.width ?? 48), options);
}

function moved(layout: Layout, file: StoreFile): StoreError {
  return new StoreError("DAMAGED", `the store at ${layout.root} was made for ${file.storeDir}`, {
    hint: `Its objects mention that path: move the directory back. To have its packages elsewhere, export them there and import them in the new store.`,
    details: { root: layout.root, storeDir: file.storeDir },
  });
}
