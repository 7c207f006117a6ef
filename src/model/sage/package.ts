import { isWheel, type SageTarball } from "./checksums.ts";
import type { SageDependencies } from "./dependencies.ts";

/**
 * How a package of a Sage tree is installed. normal: from a tarball, by its scripts; wheel: a wheel as it is; pip: by
 * pip from the network; script: by a script alone; none: not at all, it stands for packages of the system.
 */
export const SAGE_KINDS = ["normal", "wheel", "pip", "script", "none"] as const;
export type SageKind = (typeof SAGE_KINDS)[number];

export const SAGE_TYPES = ["base", "standard", "optional", "experimental"] as const;
export type SageType = (typeof SAGE_TYPES)[number];

/** A package of a Sage tree as its files describe it. */
export interface SagePackage {
  readonly name: string;
  readonly type: SageType;
  readonly kind: SageKind;
  /** `none` when the tree does not say. */
  readonly version: string;
  /** Whether it belongs to the tree's Python environment. */
  readonly isPython: boolean;
  readonly tarball?: SageTarball;
  readonly dependencies: SageDependencies;
  /** Text by name, of `spkg-install.in` and its like. */
  readonly scripts: ReadonlyMap<string, string>;
}

/** What is known of a package of a Sage tree without building it. */
export interface SageListing {
  readonly name: string;
  readonly version: string;
  readonly type: SageType;
  readonly kind: SageKind;
  /** The file name. */
  readonly tarball?: string;
  readonly buildable: boolean;
  /** Why it cannot be built here, in words that follow its name. */
  readonly reason?: string;
}

/** What shows the kind of a package. */
export interface KindSigns {
  readonly hasRequirements: boolean;
  readonly hasInstall: boolean;
  /** The file name of its tarball, if it has one. */
  readonly tarball: string | undefined;
}

export function kindOf({ hasRequirements, hasInstall, tarball }: KindSigns): SageKind {
  if (hasRequirements) return "pip";
  if (tarball !== undefined) return isWheel(tarball) ? "wheel" : "normal";
  return hasInstall ? "script" : "none";
}
