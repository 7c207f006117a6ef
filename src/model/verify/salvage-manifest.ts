import {
  type BaseName,
  isBaseName,
  type PackageName,
  type PackageVersion,
  parsePackageName,
  parsePackageVersion,
  parseTreeId,
  type TreeId,
} from "../ids.ts";
import { isJsonObject } from "../json-object.ts";
import type { Manifest, Origin } from "../manifest.ts";

/** What can still be read of a manifest that is damaged; each member for itself. */
export interface Salvage {
  readonly name?: PackageName;
  readonly version?: PackageVersion;
  readonly treeId?: TreeId;
  readonly addressing?: Manifest["addressing"];
  readonly references?: readonly BaseName[];
  readonly created?: string;
  readonly origin?: Origin;
}

export function salvageManifest(text: string | undefined): Salvage {
  const value = parsed(text);
  const { addressing, created, origin, references, sum } = value;
  // A sum that is wrong does not tell which member is; references can be found in the bytes, and none may be missing.
  const isTold = Array.isArray(references) && sum === undefined;
  const isTime = typeof created === "string" && !Number.isNaN(Date.parse(created));
  return {
    ...member("name", value.name, parsePackageName),
    ...member("version", value.version, parsePackageVersion),
    ...member("treeId", value.treeId, parseTreeId),
    ...((addressing === "content" || addressing === "input") && { addressing }),
    ...(isTold && { references: references.filter((item) => isBaseName(String(item))) }),
    ...(isTime && { created }),
    ...(isJsonObject(origin) && typeof origin.kind === "string" && { origin: origin as unknown as Origin }),
  };
}

/**
 * Name and version of a base name, when nothing tells where one ends and the other begins: the version starts at the
 * first hyphen before a digit, else at the last hyphen.
 */
export function splitBaseName(object: BaseName): readonly [PackageName, PackageVersion] {
  const rest = object.slice(33);
  const digit = rest.search(/(?<=.)-\d/);
  const at = digit > 0 ? digit : rest.lastIndexOf("-");
  return [parsePackageName(rest.slice(0, at)), parsePackageVersion(rest.slice(at + 1))];
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function member<K extends string, T>(key: K, value: unknown, parse: (text: string) => T): { readonly [P in K]?: T } {
  try {
    return typeof value === "string" ? ({ [key]: parse(value) } as { [P in K]: T }) : {};
  } catch {
    return {};
  }
}
