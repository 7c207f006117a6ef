import { isPureWheel, isWheel } from "./checksums.ts";
import type { SagePackage } from "./package.ts";
import { MISTAKEN } from "./report.ts";

export interface SageMirror {
  readonly place: string;
  /** Neither a URL nor a directory that is there. */
  readonly isMissing: boolean;
}

export interface BuildableFacts {
  /** The package of this name, unless the tree has none. */
  readonly find: (name: string) => SagePackage | "mistaken" | undefined;
  /** Whether the machine itself has a program that builds can use. */
  readonly hasTool: (name: string) => boolean;
  /** Where tarballs were looked for beside the trees. */
  readonly mirrors: readonly SageMirror[];
}

/** Packages that stand for a tool of the machine when it has that. */
const TOOLS: ReadonlySet<string> = new Set(["gcc", "gfortran", "patch"]);

export function isFromMachine(name: string, { hasTool }: BuildableFacts): boolean {
  return TOOLS.has(name) && hasTool(name);
}

/**
 * Why each package cannot be built here, in words that follow its name; `undefined` when it can be. Dependencies count:
 * a package is as little buildable as what it needs.
 */
export function createObstacles(facts: BuildableFacts): (name: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  const obstacleOf = (name: string): string | undefined => {
    if (known.has(name)) return known.get(name);
    // Packages that need each other are told of when a build is planned.
    known.set(name, undefined);
    const found = facts.find(name);
    const obstacle =
      typeof found === "object" ? (ownObstacle(found, facts) ?? inheritedObstacle(found)) : withoutPackage(found);
    known.set(name, obstacle);
    return obstacle;
  };
  const inheritedObstacle = ({ dependencies: { normal, orderOnly } }: SagePackage): string | undefined => {
    for (const name of [...normal, ...orderOnly].filter((each) => !isFromMachine(each, facts))) {
      const obstacle = obstacleOf(name);
      if (obstacle !== undefined) return `needs ${throughWhich(name, obstacle)}`;
    }
    return undefined;
  };
  return obstacleOf;
}

function withoutPackage(found: "mistaken" | undefined): string {
  return found === undefined ? "is not in the tree" : MISTAKEN;
}

/** The package that is in the way when that is not the one of which the obstacle is told. */
export function neededIn(obstacle: string): string | undefined {
  return /^needs ([^,]+), which /.exec(obstacle)?.[1];
}

/** Of a chain of needs only its end tells what is in the way. */
function throughWhich(name: string, obstacle: string): string {
  return obstacle.startsWith("needs ") ? obstacle.slice("needs ".length) : `${name}, which ${obstacle}`;
}

function ownObstacle(found: SagePackage, facts: BuildableFacts): string | undefined {
  switch (found.kind) {
    case "none":
      return "only stands for packages of the system: the tree does not build it";
    case "pip":
      return "is fetched by pip when it is installed: the tree records no tarball and no checksum of it";
    case "script":
      return scriptObstacle([...found.scripts.values()].join("\n"));
    case "normal":
    case "wheel":
      return sourceObstacle(found, facts) ?? installObstacle(found);
  }
}

function scriptObstacle(text: string): string | undefined {
  const commands = text.replace(/^\s*#.*$/gm, "");
  if (/\bcd src\b|\$\{?SAGE_SRC\b|\$\{?SAGE_ROOT\}?\/(?:src|pkgs)\b/.test(commands))
    return "is installed from the sources of Sage itself";
  if (/\b(?:curl|wget|nodeenv|npm|labextension|CRANmirror|install_github|pip3? install)\b/.test(commands))
    return "fetches from the network while it is installed";
  return undefined;
}

function sourceObstacle({ tarball }: SagePackage, { mirrors }: BuildableFacts): string | undefined {
  if (tarball === undefined || tarball.fileName === "") return "has a checksums.ini without a tarball";
  if (isWheel(tarball.fileName) && !isPureWheel(tarball.fileName)) return "is a wheel for one platform only";
  if (tarball.sha256 === undefined && tarball.sha1 === undefined)
    return "has a checksums.ini with neither a SHA-256 nor a SHA-1";
  if (tarball.urls.length > 0) return undefined;
  if (mirrors.length === 0)
    return "has no known place for its tarball: it is not in upstream/, and there is neither an upstream_url nor a mirror";
  const missing = mirrors.filter(({ isMissing }) => isMissing).map(({ place }) => ` (${place} is no directory)`);
  return `has no known place for its tarball: it is neither in upstream/ nor on a mirror${missing.join("")}, and there is no upstream_url`;
}

function installObstacle({ kind, scripts }: SagePackage): string | undefined {
  const hasInstall = ["spkg-install.in", "spkg-install"].some((name) => scripts.has(name));
  return kind === "normal" && !hasInstall ? "has no spkg-install" : undefined;
}
