import type { UpgradedPackage } from "../../model/change.ts";
import { compareDerivations, type Derivation, type DerivationKey } from "../../model/derivation.ts";
import type { BaseName } from "../../model/ids.ts";
import { readBuild } from "../../store/builds.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * Why the same version of a package with the same options is another object, as the records of its builds tell:
 * `gmp changed`, `sources changed`. Empty for other differences, and where a build is not recorded.
 */
export function rebuildReasons(store: Store, { from, to }: UpgradedPackage): readonly string[] {
  if (from.version !== to.version) return [];
  const [before, after] = [derivationOf(store, from.path), derivationOf(store, to.path)];
  if (!before || !after) return [];
  const members = compareDerivations(before, after).map(({ member }) => member);
  const reasons = members.filter((member) => !member.startsWith("options.")).map(reasonOf);
  return members.length === 0 ? ["the same build came out differently"] : [...new Set(reasons)];
}

function reasonOf(member: string): string {
  const [group, name = ""] = split(member);
  switch (group) {
    case "inputs":
      return `${name} changed`;
    case "phases":
      return `its ${name} phase changed`;
    case "env":
      return `$${name} changed`;
    case "host":
      return "the host's tools changed";
    default:
      return `its ${group} changed`;
  }
}

/** Names of inputs and variables can hold dots themselves. */
function split(member: string): readonly [group: string, name: string | undefined] {
  const dot = member.indexOf(".");
  return dot === -1 ? [member, undefined] : [member.slice(0, dot), member.slice(dot + 1)];
}

function derivationOf(store: Store, object: BaseName): Derivation | undefined {
  try {
    const { kind, key } = readManifest(store, object).origin;
    return kind === "build" && typeof key === "string" ? readBuild(store, key as DerivationKey)?.derivation : undefined;
  } catch {
    // What is gone or damaged tells nothing; the difference itself stands.
    return undefined;
  }
}
