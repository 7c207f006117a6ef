import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { storeDirectories } from "./directories.ts";
import type { Layout } from "./layout.ts";
import type { Store } from "./open-store.ts";

/**
 * Who can write to a directory above the store can replace the store. The sticky bit prevents that; in the root itself
 * it does not prevent others from putting something there.
 * @throws StoreError UNSAFE
 */
export function checkAncestors(root: string): void {
  for (let path = root; ; path = dirname(path)) {
    const danger = dangerIn(path, { top: path === root });
    if (danger) {
      const remedy = danger.owner ? "" : `, or \`chmod go-w ${path}\``;
      throw new StoreError("UNSAFE", `${path} ${danger.reason}, so the store at ${root} could be replaced`, {
        hint: `Use another root${remedy}; \`store init --allow-unsafe-root\` accepts it as it is.`,
        details: { root, directory: path },
      });
    }
    if (path === dirname(path)) return;
  }
}

interface Danger {
  readonly reason: string;
  /** It comes from the owner, so that no mode helps. */
  readonly owner: boolean;
}

const OVERFLOW_UID = 65534;

function dangerIn(path: string, { top }: { readonly top: boolean }): Danger | undefined {
  const status = statusOf(path);
  if (!status) return undefined;
  const me = process.getuid?.() ?? status.uid;
  if (status.uid !== me && status.uid !== 0 && status.uid !== OVERFLOW_UID)
    return { reason: `belongs to another user (uid ${status.uid})`, owner: true };
  if ((status.mode & 0o1000) !== 0 && !top) return undefined;
  if ((status.mode & 0o002) !== 0) return { reason: "can be written by every user", owner: false };
  const shared = (status.mode & 0o020) !== 0 && status.gid !== 0 && status.gid !== process.getgid?.();
  return shared
    ? { reason: `can be written by a group that is not yours (gid ${status.gid})`, owner: false }
    : undefined;
}

/** `undefined` where there is nothing, also when a link leads to itself. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, "ELOOP")) return undefined;
    throw error;
  }
}

/** Stores that were looked at: a command asks before each of its changes. */
const safe = new WeakSet<Store>();

/**
 * For what writes to a store: modes and owners can have changed since it was made.
 * @throws StoreError UNSAFE when others can replace the store, or change what is in it, unless its owner accepts that
 */
export function refuseUnsafeRoot(store: Store): void {
  if (store.file.unsafeRoot || safe.has(store)) return;
  checkSafety(store.layout);
  safe.add(store);
}

/** @throws StoreError UNSAFE when others can replace the store, or change what is in it */
export function checkSafety(layout: Layout): void {
  for (const place of new Set([layout.root, layout.admin])) checkAncestors(place);
  for (const path of storeDirectories(layout)) {
    const danger = dangerIn(path, { top: true });
    if (danger) throw unsafeInside(layout, path, danger.reason);
  }
}

function unsafeInside({ root }: Layout, path: string, reason: string): StoreError {
  return new StoreError("UNSAFE", `${path} ${reason}, so others could change the store at ${root}`, {
    hint: `Look whether they did (\`store verify --contents\`), then take their right away: \`chmod go-w ${path}\`, or \`chown\` it. \`store init --allow-unsafe-root\` accepts it as it is.`,
    details: { root, directory: path },
  });
}

/**
 * What root writes in the store of somebody else that one could not change any more; and the other one could lead root
 * out of the store by a link.
 * @throws StoreError UNSAFE
 */
export function refuseForeignRoot(root: string): void {
  if (process.geteuid?.() !== 0) return;
  const owner = statSync(root, { throwIfNoEntry: false })?.uid ?? 0;
  if (owner === 0 || owner === OVERFLOW_UID) return;
  throw new StoreError("UNSAFE", `the store at ${root} belongs to another user (uid ${owner}), and you are root`, {
    hint: `Run the command as its owner (\`sudo -u '#${owner}' store …\`), or name a store of your own with --root or $STORE_ROOT. \`store init --allow-unsafe-root\` accepts it as it is.`,
    details: { root, owner },
  });
}
