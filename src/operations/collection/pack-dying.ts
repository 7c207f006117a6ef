import { statSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { type ArchivedObject, expendable } from "../../model/archive-retention.ts";
import type { BaseName } from "../../model/ids.ts";
import { archiveObject, listArchives } from "../../store/archives.ts";
import { readSetting } from "../../store/config-file.ts";
import { manifestPath } from "../../store/layout.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { failureOf } from "../profiles/go-live.ts";
import type { RunOptions } from "../run-options.ts";

/** What becomes of objects that are about to be deleted. */
export interface Dying {
  /** They are, or would be, in the archives. */
  readonly packed: ReadonlySet<BaseName>;
  /** The rules want them, and they could not be packed: they must stay. */
  readonly unpacked: readonly BaseName[];
}

/**
 * Packs those of the objects that the retention rules would keep in the archives, where the settings ask for archives
 * (`archives.automatic`). Forests are made again from the records of generations, and are not packed.
 */
export async function packDying(
  store: Store,
  dying: readonly BaseName[],
  { dryRun }: { readonly dryRun: boolean },
  run: RunOptions,
): Promise<Dying> {
  const archived = listArchives(store);
  const packed = new Set(archived.map(({ path }) => path));
  const unpacked: BaseName[] = [];
  for (const object of readSetting(store, "archives.automatic") ? wantedAmong(store, dying, archived) : []) {
    run.signal?.throwIfAborted();
    const outcome = dryRun ? "packed" : await pack(store, object, run);
    if (outcome === "packed") packed.add(object);
    if (outcome === "failed") unpacked.push(object);
  }
  return { packed: new Set(dying.filter((object) => packed.has(object))), unpacked };
}

/** As old as it is in the store, an object competes with those of its package that are packed already. */
function wantedAmong(
  store: Store,
  dying: readonly BaseName[],
  archived: readonly ArchivedObject[],
): readonly BaseName[] {
  const known = new Set(archived.map(({ path }) => path));
  const candidates = dying.filter((object) => !known.has(object)).flatMap((object) => candidate(store, object) ?? []);
  const dropped = new Set(
    expendable([...archived, ...candidates], {
      keepLast: readSetting(store, "archives.keep-last"),
      youngerThan: readSetting(store, "archives.younger-than").milliseconds,
      needed: new Set(),
      now: store.context.now().getTime(),
    }).map(({ path }) => path),
  );
  return candidates.map(({ path }) => path).filter((path) => !dropped.has(path));
}

function candidate(store: Store, path: BaseName): ArchivedObject | undefined {
  try {
    const { origin, addressing, size } = readManifest(store, path);
    if (origin.kind === "profile" || addressing !== "content") return undefined;
    return { path, size, packed: statSync(manifestPath(store.layout, path)).mtimeMs };
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** What is damaged is not worth it. */
async function pack(
  store: Store,
  object: BaseName,
  { signal, onEvent }: RunOptions,
): Promise<"packed" | "failed" | "damaged"> {
  try {
    onEvent?.({ kind: "step", step: "export", subject: object });
    await archiveObject(store, object, signal);
    return "packed";
  } catch (error) {
    signal?.throwIfAborted();
    const isDamaged = error instanceof StoreError && error.code === "DAMAGED";
    const fate = isDamaged ? "and is deleted all the same" : "and stays";
    onEvent?.({
      kind: "warning",
      message: `${object} could not be packed, ${fate}: ${failureOf(error).message}`,
      ...(!isDamaged && { hint: "`store config archives.automatic no` lets it go without." }),
    });
    return isDamaged ? "damaged" : "failed";
  }
}
