import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { type ByteString, toFsPath } from "../../src/model/byte-string.ts";
import type { ForestPackage } from "../../src/model/link-plan/forest-package.ts";

/** What the rules demand at a path of a forest. */
export type Demand =
  | { readonly kind: "directory"; readonly names: readonly string[] }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "conflict"; readonly packages: readonly string[] };

/** A directory of a package, by absolute path; `holders` are the directories whose symlinks led to it. */
interface Side {
  readonly package: ForestPackage;
  readonly directory: string;
  readonly holders: readonly string[];
}

/**
 * The rules of a forest once more, as slow and as simple as can be: each question is put to the file system, for the
 * packages that lie in `storeDir`. Paths are byte strings.
 */
export function naiveForest(storeDir: string, packages: readonly ForestPackage[]): ReadonlyMap<string, Demand> {
  const demands = new Map<string, Demand>();
  const topOf = (each: ForestPackage) => `${storeDir}/${each.baseName}`;

  const visit = (path: string, sides: readonly Side[]) => {
    const names = [...new Set(sides.flatMap((side) => namesIn(side.directory)))].sort();
    demands.set(path, { kind: "directory", names });
    for (const name of names) visitName(path === "" ? name : `${path}/${name}`, name, sides);
  };

  const visitName = (path: string, name: string, sides: readonly Side[]) => {
    const claims = sides.filter((side) => namesIn(side.directory).includes(name));
    const at = (side: Side) => `${side.directory}/${name}`;
    if (claims.length === 1) return demands.set(path, { kind: "link", to: at(claims[0]!) });

    const best = Math.min(...claims.map((side) => side.package.priority));
    const winners = claims.filter((side) => side.package.priority === best);
    const directories = claims.flatMap((side) => directoryBehind(side, at(side)) ?? []);
    const isDirectory = (side: Side) => directories.some((each) => each.package === side.package);
    if (winners.every(isDirectory)) {
      if (directories.length > 1) return visit(path, directories);
      return demands.set(path, { kind: "link", to: at(winners[0]!) });
    }
    const looks = new Set(winners.map((side) => (isDirectory(side) ? "directory" : lookOf(side, at(side)))));
    if (looks.size === 1) return demands.set(path, { kind: "link", to: at(winners[0]!) });
    return demands.set(path, { kind: "conflict", packages: winners.map((side) => side.package.name) });
  };

  const directoryBehind = (side: Side, at: string): Side | undefined => {
    if (lstatSync(fs(at)).isDirectory()) return { ...side, directory: at };
    const real = realPathInside(side, at);
    if (real === undefined || !statSync(fs(real)).isDirectory() || side.holders.length === 2) return undefined;
    const holders = [...side.holders, side.directory];
    if (holders.some((holder) => `${holder}/`.startsWith(`${real}/`))) return undefined;
    return { package: side.package, directory: real, holders };
  };

  /** Leaves that look the same are identical. */
  const lookOf = (side: Side, at: string): string => {
    const real = realPathInside(side, at);
    if (real !== undefined && statSync(fs(real)).isFile()) {
      return `file ${statSync(fs(real)).mode & 0o111} ${readFileSync(fs(real), "latin1")}`;
    }
    const target = readlinkSync(fs(at), { encoding: "latin1" });
    return `link ${target.startsWith("/") ? "" : side.directory.slice(topOf(side.package).length)} ${target}`;
  };

  const realPathInside = (side: Side, at: string): string | undefined => {
    try {
      const real = realpathSync.native(fs(at), { encoding: "latin1" });
      return `${real}/`.startsWith(`${topOf(side.package)}/`) ? real : undefined;
    } catch {
      return undefined;
    }
  };

  const inOrder = [...packages].sort((a, b) => (a.baseName < b.baseName ? -1 : 1));
  visit(
    "",
    inOrder.map((each) => ({ package: each, directory: topOf(each), holders: [] })),
  );
  return demands;
}

function namesIn(directory: string): readonly string[] {
  return readdirSync(fs(directory), { encoding: "latin1" });
}

function fs(path: string): string | Buffer {
  return toFsPath(path as ByteString);
}
