import { statSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { type ArchivedObject, expendable } from "../../model/archive-retention.ts";
import type { BaseName } from "../../model/ids.ts";
import { type ArchiveLook, archiveObject, isArchived, listArchives } from "../../store/archives.ts";
import { readSetting } from "../../store/config-file.ts";
import { manifestPath } from "../../store/layout.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { failureOf } from "../profiles/go-live.ts";
import type { RunOptions } from "../run-options.ts";
import { isDiskFull } from "./disk-full.ts";

/** What becomes of objects that are about to be deleted. */
export interface Dying {
  /** They are, or would be, in the archives. */
  readonly packed: ReadonlySet<BaseName>;
  /** The rules want them, and they could not be packed: they must stay. */
  readonly unpacked: readonly BaseName[];
}

/**
 * Packs those of the objects that the retention rules would keep in the archives, where the settings ask for archives
 * (`archives.automatic`). Forests are made again from the records of generations, and are not packed. What is packed is read
 * before its object goes, since it will be the only copy, and packed again when it is damaged: that takes a small part of the
 * time that packing took. Without that setting nothing goes on the strength of it, and a look is enough to tell of it.
 */
export async function packDying(
  store: Store,
  dying: readonly BaseName[],
  { dryRun }: { readonly dryRun: boolean },
  run: RunOptions,
): Promise<Dying> {
  const isAutomatic = readSetting(store, "archives.automatic");
  const look = isAutomatic && !dryRun ? "contents" : "visible";
  const archived = listArchives(store);
  const packed = await packedAmong(store, { dying, archived, look }, run);
  const unpacked: BaseName[] = [];
  for (const object of isAutomatic ? wantedAmong(store, { dying, archived, packed }) : []) {
    run.signal?.throwIfAborted();
    const outcome = dryRun ? "packed" : await pack(store, object, run);
    if (outcome === "packed") packed.add(object);
    if (outcome === "failed") unpacked.push(object);
  }
  return { packed, unpacked };
}

/** Those of which the archives have a good copy. */
async function packedAmong(
  store: Store,
  { dying, archived, look }: Archived & { readonly look: ArchiveLook },
  { signal, onEvent }: RunOptions,
): Promise<Set<BaseName>> {
  const known = new Map(archived.map(({ path, size }) => [path, size]));
  const packed = new Set<BaseName>();
  let [files, bytes] = [0, 0];
  for (const object of dying) {
    const size = known.get(object);
    if (size === undefined) continue;
    if (look === "contents") onEvent?.({ kind: "verifying", subject: object, files, bytes });
    if (await isArchived(store, object, { look, signal })) packed.add(object);
    files += 1;
    bytes += size;
  }
  return packed;
}

interface Archived {
  readonly dying: readonly BaseName[];
  readonly archived: readonly ArchivedObject[];
}

/** As old as it is in the store, an object competes with those of its package that are packed already. */
function wantedAmong(
  store: Store,
  { dying, archived, packed }: Archived & { readonly packed: ReadonlySet<BaseName> },
): readonly BaseName[] {
  const candidates = dying.filter((object) => !packed.has(object)).flatMap((object) => candidate(store, object) ?? []);
  const again = new Set(candidates.map(({ path }) => path));
  const dropped = new Set(
    expendable([...archived.filter(({ path }) => !again.has(path)), ...candidates], {
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

/** On a full disk no setting can be written either. */
function whenFull(object: BaseName): string {
  return `Run \`store gc\` again when other objects have made room; \`store delete ${object}\` needs none and lets it go without.`;
}

const WITHOUT = "`store config archives.automatic no` lets it go without.";

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
      message: `${object} could not be packed, ${fate}: ${failureOf(store, error).message}`,
      ...(!isDamaged && { hint: isDiskFull(error) ? whenFull(object) : WITHOUT }),
    });
    return isDamaged ? "damaged" : "failed";
  }
}
