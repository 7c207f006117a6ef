import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { DeletedGenerations } from "../../operations/profiles/delete-generations.ts";

/** Which generations were deleted, or would be, and which were meant but stay. */
export function deletionLines(result: DeletedGenerations, dryRun: boolean): string[] {
  const { deleted, kept, freedBytes = 0, freedInodes = 0 } = result;
  const names = deleted.map((number) => `gen-${number}`).join(" ");
  const done = dryRun ? `would delete ${names}` : `deleted ${names}  (transaction #${result.transaction})`;
  return [
    deleted.length === 0 ? "nothing to delete" : done,
    ...kept.map(({ generation, reason }) => `gen-${generation} stays: it ${reason}`),
    ...(dryRun
      ? [`\`store gc\` could then free ${formatSize(freedBytes)} and ${formatCount(freedInodes, "inode")} more`]
      : []),
  ];
}
