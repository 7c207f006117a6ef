import type { StoreError } from "../../../errors.ts";
import type { BaseName } from "../../../model/ids.ts";
import { packedFileName } from "../../../model/packed-object.ts";
import { commitObjects } from "../../../store/commit-objects.ts";
import type { Store } from "../../../store/open-store.ts";
import { stageUnpacked, type UnpackedObject, type UnpackLimits, unpackObject } from "../../../store/unpack-object.ts";
import { limitsOf } from "../unpack-limits.ts";
import { type Attempt, type Attempted, isPassing, type Search, type SearchRun } from "./attempt.ts";
import type { PackedPlace } from "./packed-place.ts";

interface Parts {
  readonly limits?: Partial<UnpackLimits> | undefined;
  readonly search: Search;
  readonly run: SearchRun;
}

/** Unpacks the object from a place that has it, and what it refers to before it. */
export function fromPacked(store: Store, place: PackedPlace, parts: Parts): Attempt {
  const where = { from: place.kind, where: place.name } as const;
  return async (object) => {
    try {
      using found = await place.find(object);
      if (!found) return { reasons: [] };
      parts.run.onEvent?.({ kind: "step", step: "extract", subject: packedFileName(object) });
      const limits = limitsOf(place, parts.limits);
      const unpacked = await unpackObject(found.path, { ...parts.run, ...room(parts), limits });
      const reasons = await commit(store, { object, unpacked }, parts);
      return reasons ?? { path: object, ...where };
    } catch (error) {
      if (!isPassing(error)) throw error;
      return { reasons: [`${place.name}: ${error.message}${howToRaise(error)}`] };
    }
  };
}

const RAISED_BY: ReadonlyMap<unknown, string> = new Map([
  ["maxBytes", "--max-bytes SIZE"],
  ["maxEntries", "--max-entries N"],
]);

/** Only that command has these options. */
function howToRaise({ code, details }: StoreError): string {
  const option = code === "LIMIT" ? RAISED_BY.get(details.limit) : undefined;
  return option ? `; \`store archive import FILE ${option}\` takes more` : "";
}

function room({ run }: Parts) {
  return { room: run.workspace.room() };
}

/** `undefined` when the object is in the store now. */
async function commit(
  store: Store,
  { object, unpacked }: { readonly object: BaseName; readonly unpacked: UnpackedObject },
  { search, run }: Parts,
): Promise<Attempted | undefined> {
  const { file, manifest } = unpacked;
  if (manifest.path !== object) return { reasons: [`${file} holds ${manifest.path}`] };
  for (const reference of manifest.references) {
    if (!(await search.obtain(reference))) return { reasons: [`it needs ${reference}, which cannot be had`] };
  }
  const { lease } = run.workspace;
  const staged = await stageUnpacked(store, unpacked, { lease, replace: search.isDamaged(object), signal: run.signal });
  await commitObjects(store, [staged], run.signal);
  return undefined;
}
