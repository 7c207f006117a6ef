import { basename } from "node:path";
import { packedInFile } from "../../../model/packed-object.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { archiveObject } from "../../../store/archives.ts";
import { archivePath } from "../../../store/layout.ts";
import { hasObject } from "../../../store/manifests.ts";
import { clearForFile } from "../../../store/repair/aside.ts";
import { attempt, type RepairContext } from "./repair-context.ts";

/**
 * Packs damaged packed objects again, from the object itself; one that is not in the store is had from elsewhere first. The
 * damaged file stays until the good one takes its place.
 */
export async function repairArchives(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  for (const finding of findings)
    if (finding.kind === "archive") await attempt(context, [finding], () => repairArchive(context, finding));
}

async function repairArchive({ store, run, report, restore }: RepairContext, finding: Finding): Promise<void> {
  const object = packedInFile(basename(finding.subject));
  if (object === undefined) return;
  const from = hasObject(store, object) ? "from the object" : await restore(object);
  if (from === undefined) return;
  clearForFile(store, archivePath(store.layout, object));
  await archiveObject(store, object, run.signal);
  report.done(finding, `packed again ${from}`);
}
