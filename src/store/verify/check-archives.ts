import { join } from "node:path";
import { packedInFile } from "../../model/packed-object.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { namesIn } from "../../system/names-in.ts";
import { faultInPacked, visibleFault } from "../check-packed.ts";
import type { Store } from "../open-store.ts";
import { countBytes, countFile, type Pace } from "./pace.ts";

export interface CheckArchivesOptions {
  /** Read every file, otherwise only its beginning and its end. */
  readonly contents: boolean;
  readonly pace: Pace;
  readonly signal?: AbortSignal | undefined;
  /** Only files of these names. */
  readonly names?: readonly string[] | undefined;
}

/** Checks the packed objects in the store's archives; what else lies there is not the store's. */
export async function checkArchives({ layout }: Store, options: CheckArchivesOptions): Promise<readonly Finding[]> {
  const { contents, pace, signal, names = namesIn(layout.archives) } = options;
  const findings: Finding[] = [];
  for (const name of [...names].sort()) {
    const object = packedInFile(name);
    if (object === undefined) continue;
    signal?.throwIfAborted();
    const path = join(layout.archives, name);
    const fault = visibleFault(path) ?? (contents ? await faultInPacked(path, object, counting(options)) : undefined);
    countFile(pace);
    if (fault !== undefined) findings.push({ kind: "archive", subject: `archives/${name}`, reason: fault });
  }
  return findings;
}

function counting({ pace, signal }: CheckArchivesOptions) {
  let [read, began] = [0, performance.now()];
  const onRead = (bytes: number) => {
    countBytes(pace, bytes - read, began);
    [read, began] = [bytes, performance.now()];
  };
  return { signal, onRead };
}
