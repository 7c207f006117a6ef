import { lstatSync } from "node:fs";
import { type BaseName, digestInBaseName, digestOf, isBaseName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { isBeside } from "../layout.ts";
import { hasNamedList } from "./check-object.ts";
import { describeObject } from "./describe-object.ts";
import type { VerifySettings } from "./settings.ts";

/**
 * What a name in the storeDir without a manifest is: an object that lost it, when its file list or its bytes give its
 * name, else what a killed process left.
 */
export function checkOrphan(settings: VerifySettings, name: string): Finding {
  if (isBeside(name))
    return {
      kind: "leftover",
      subject: name,
      reason: "was left by a process that was killed while it replaced an object",
    };
  const directory = `${settings.storeDir}/${name}`;
  if (!isBaseName(name) || !lstatSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return { kind: "stray", subject: name, reason: "lies among the objects and is none" };
  return hasNamedList(settings, name) || isWhole(settings, name, directory)
    ? { kind: "orphan", subject: name, object: name, reason: "has no manifest" }
    : {
        kind: "leftover",
        subject: name,
        object: name,
        reason: "was left by a process that was killed while it added it",
      };
}

function isWhole(settings: VerifySettings, object: BaseName, directory: string): boolean {
  try {
    return digestOf(describeObject(settings, object, directory).treeId) === digestInBaseName(object);
  } catch {
    // What cannot be read or holds devices is no object.
    return false;
  }
}
