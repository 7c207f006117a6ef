import { basename } from "node:path";
import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { Collected } from "../../operations/collection/collect.ts";

/** What a collection did or would do: the objects, then a sum. */
export function collectionLines(collected: Collected, { dryRun }: { readonly dryRun: boolean }): string[] {
  const { deleted, packed = [], freedBytes, freedInodes, left } = collected;
  const kept = new Set(packed);
  const sum = `${formatCount(deleted.length, "object")} ${dryRun ? "would be deleted" : "deleted"}, ${formatSize(freedBytes)} and ${formatCount(freedInodes, "inode")} ${dryRun ? "would be freed" : "freed"}; ${formatCount(left, "object")} left`;
  return [...deleted.map((path) => `- ${basename(path)}${kept.has(path) ? "  (packed)" : ""}`), sum];
}
