import { guessParts } from "./base-name-parts.ts";
import type { BaseName } from "./ids.ts";

/** A packed object in the store's archives. */
export interface ArchivedObject {
  readonly path: BaseName;
  /** Bytes of the file. */
  readonly size: number;
  /** When it was packed: milliseconds since 1970. */
  readonly packed: number;
}

export interface Retention {
  /** So many packed objects of each package are kept, the newest first. */
  readonly keepLast: number;
  /** Younger ones are kept as well: milliseconds. */
  readonly youngerThan: number;
}

/**
 * Which packed objects may be removed: those that nothing needs, and that are neither among the last of their package
 * nor young.
 */
export function expendable<T extends ArchivedObject>(
  archived: readonly T[],
  { keepLast, youngerThan, needed, now }: Retention & { readonly needed: ReadonlySet<BaseName>; readonly now: number },
): T[] {
  const byPackage = new Map<string, T[]>();
  for (const each of archived) {
    const name = guessParts(each.path).name;
    byPackage.set(name, [...(byPackage.get(name) ?? []), each]);
  }
  const isOld = ({ packed }: T) => now - packed >= youngerThan;
  return [...byPackage.values()].flatMap((all) => {
    const newestFirst = [...all].sort((a, b) => b.packed - a.packed || (a.path < b.path ? -1 : 1));
    return newestFirst.slice(keepLast).filter((each) => isOld(each) && !needed.has(each.path));
  });
}
