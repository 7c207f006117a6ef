import { existsSync } from "node:fs";
import type { BaseName } from "../../../model/ids.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { readIndexEntry } from "../../../store/index/index-entry.ts";
import { openIndex } from "../../../store/index/open-index.ts";
import { manifestPath } from "../../../store/layout.ts";
import { listObjects } from "../../../store/manifests.ts";
import type { Store } from "../../../store/open-store.ts";

/**
 * Compares the index with the manifests. Opening it brings it up to date, or builds it anew when it is not what was
 * written; what then differs is a manifest that was changed in place.
 */
export async function verifyIndex(store: Store): Promise<Finding[]> {
  // In this order: what is added meanwhile is in the index alone, and has its manifest.
  const present = new Set(listObjects(store));
  await using index = await openIndex(store);
  const findings: Finding[] = [];
  const add = (object: BaseName, reason: string) =>
    findings.push({ kind: "index", subject: `index: ${object}`, object, reason });
  for (const object of index.names())
    if (!present.has(object) && !existsSync(manifestPath(store.layout, object)))
      add(object, "is known to the index and has no manifest");
  for (const object of present) {
    const entry = readIndexEntry(store, object);
    if (entry && JSON.stringify(index.get(object)) !== JSON.stringify(entry))
      add(object, "is told by the index as it was before");
  }
  return findings;
}
