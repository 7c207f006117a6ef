import { existsSync, lstatSync } from "node:fs";
import { fromText, toEscaped } from "../../model/byte-string.ts";
import { parseFileList } from "../../model/file-list.ts";
import type { BaseName } from "../../model/ids.ts";
import { zeroBaseName } from "../../model/ids.ts";
import { replacements } from "../../model/rewrite.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { readTextIfFile } from "../../system/atomic-file.ts";
import type { ObjectCheck } from "./check-object.ts";
import { checkTree } from "./check-tree.ts";
import type { VerifySettings } from "./settings.ts";

/** Checks the twin of an object: the tree as it lies in a store at `/store`, with the object's own name. */
export function checkTwin(settings: VerifySettings, name: string): ObjectCheck {
  const object = name as BaseName;
  const directory = `${settings.twins}/${object}`;
  const subject = `twins/${object}`;
  if (!existsSync(`${settings.manifests}/${object}.json`))
    return { findings: [{ kind: "leftover", subject, reason: "is the twin of an object that is gone" }], good: [] };
  if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return { findings: [{ kind: "twin", subject, reason: "is no directory", object }], good: [] };
  const entries = parseFileList(readTextIfFile(`${settings.manifests}/${object}.files`) ?? "?");
  // What is wrong with the list is told with the object.
  if (!entries) return { findings: [], good: [] };
  const canonicalise = replacements([[object, zeroBaseName(object)]]);
  const check = checkTree(settings, { directory: fromText(directory), entries, canonicalise, isLocal: false });
  // The top directory is not frozen, so that it can be moved away.
  const faults = check.faults.filter(({ path }) => path !== "");
  const findings = faults.map(
    ({ path, reason }): Finding => ({ kind: "twin", subject: `${subject}/${toEscaped(path)}`, reason, object, path }),
  );
  return { findings, good: check.good };
}
