import { existsSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../../errors.ts";
import { parseBuildRecord } from "../../../model/build-record.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { manifestPath } from "../../../store/layout.ts";
import type { Store } from "../../../store/open-store.ts";
import { readTextIfPresent } from "../../../system/atomic-file.ts";
import { namesIn } from "../../../system/names-in.ts";

/** Checks the records of builds. None is needed: what one would tell is built again. */
export function verifyBuilds(store: Store): Finding[] {
  const names = namesIn(store.layout.builds).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  return names.sort().flatMap((name) => {
    const reason = faultOf(store, join(store.layout.builds, name), name);
    return reason === undefined ? [] : [{ kind: "build" as const, subject: `builds/${name}`, reason }];
  });
}

function faultOf(store: Store, path: string, name: string): string | undefined {
  try {
    const text = readTextIfPresent(path);
    if (text === undefined) return undefined;
    const { key, output } = parseBuildRecord(text, path);
    if (`${key}.json` !== name) return "is the record of another build";
    // An object that is damaged is told of as such, and its record says how to build it again.
    return existsSync(manifestPath(store.layout, output)) ? undefined : `tells of ${output}, which is not in the store`;
  } catch (error) {
    if (error instanceof StoreError && error.code !== "NEWER_FORMAT") return "is damaged";
    throw error;
  }
}
