import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Root } from "../../model/root.ts";
import { parseTagName } from "../../model/selector.ts";
import { objectPath } from "../../store/layout.ts";
import { openLease } from "../../store/leases.ts";
import { readManifest } from "../../store/manifests.ts";
import { readNamedRoot, removeNamedRoot, writeNamedRoot } from "../../store/named-roots.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { forgetResultLink, writeResultLink } from "../../store/result-links.ts";
import { readRoots } from "../../store/roots.ts";
import type { RunOptions } from "../run-options.ts";

/** Everything that keeps objects from being collected now. */
export function roots(store: Store): readonly Root[] {
  return readRoots(store);
}

export interface AddedRoot {
  /** Its name, or the absolute path of the link. */
  readonly root: string;
  /** Absolute path of the object. */
  readonly path: string;
}

/**
 * Keeps an object, and all that it needs, until the root is removed: under a name, by default that of the package and
 * its version, or for as long as a link elsewhere leads to it.
 * @throws StoreError NOT_FOUND, CONFLICT when the name stands for another object, INVALID_INPUT
 */
export async function addRoot(
  store: Store,
  request: {
    readonly object: BaseName;
    readonly name?: string | undefined;
    readonly link?: string | undefined;
    readonly cwd?: string;
  },
  run: RunOptions = {},
): Promise<AddedRoot> {
  run.signal?.throwIfAborted();
  refuseReadOnly(store);
  const { object, link } = request;
  using lease = openLease(store);
  await lease.hold([object], run.signal);
  const manifest = readManifest(store, object);
  const path = objectPath(store.layout, object);
  if (link !== undefined) return { root: linkObject(store, { link: resolve(request.cwd ?? "", link), object }), path };
  const name = parseTagName(request.name ?? `${manifest.name}-${manifest.version}`, "root");
  const known = readNamedRoot(store, name);
  if (known && known.object !== object) {
    throw new StoreError("CONFLICT", `the root '${name}' is there already, for ${known.object}`, {
      hint: `Choose another with --name, or remove it first: \`store root remove ${name}\`.`,
      details: { name, object: known.object },
    });
  }
  writeNamedRoot(store, { name, object });
  return { root: name, path };
}

/** Makes `link` lead to an object, which a lease of the caller keeps, and keep it from then on; returns its absolute path. */
export function linkObject(
  store: Store,
  { link, object }: { readonly link: string; readonly object: BaseName },
): string {
  const path = resolve(link);
  if (!existsSync(dirname(path))) {
    throw new StoreError("NOT_FOUND", `there is no directory ${dirname(path)} for the link ${basename(path)}`, {
      hint: "Make the directory first, or name another place.",
      details: { path },
    });
  }
  writeResultLink(store, { path, object });
  return path;
}

/** Forgets a root by its name or by the path of its link, which stays where it is. @throws StoreError NOT_FOUND */
export function removeRoot(store: Store, request: { readonly root: string; readonly cwd: string }): string {
  refuseReadOnly(store);
  const { root, cwd } = request;
  if (!root.includes("/") && removeNamedRoot(store, root)) return root;
  const path = resolve(cwd, root);
  if (forgetResultLink(store, path)) return path;
  throw new StoreError("NOT_FOUND", `there is no root '${root}'`, {
    hint: "List them with `store root list`.",
    details: { root },
  });
}
