import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { type ByteString, fromText, toBytes, toFsPath } from "../../src/model/byte-string.ts";
import type { BaseName } from "../../src/model/ids.ts";
import { DEFAULT_PRIORITY, type ForestPackage } from "../../src/model/link-plan/forest-package.ts";
import type { TreeEntry, TreeReader } from "../../src/model/link-plan/tree-reader.ts";
import type { PlanDirectory } from "../../src/model/link-plan.ts";

export type Item =
  | { readonly kind: "directory" }
  | { readonly kind: "file"; readonly content: string; readonly executable: boolean }
  | { readonly kind: "link"; readonly target: string };

/** Items by path, each directory before what it holds; byte strings throughout. */
export type Tree = ReadonlyMap<string, Item>;

/** Packages as data. In link targets `<store>` stands for the storeDir and `<self>` for the package's base name. */
export interface World {
  readonly packages: readonly ForestPackage[];
  readonly trees: ReadonlyMap<BaseName, Tree>;
}

/** A tree from `{"bin/x": "content", "bin/y": link("x"), "bin/z": executable("…"), "etc/": …}`; parents are implied. */
export type TreeText = Readonly<Record<string, string | Item>>;

export function link(target: string): Item {
  return { kind: "link", target };
}

export function executable(content: string): Item {
  return { kind: "file", content, executable: true };
}

export const EMPTY: Item = { kind: "directory" };

/** One package per tree, named `A`, `B` and so on by its key; `A:4` has priority 4. */
export function world(texts: Readonly<Record<string, TreeText>>): World {
  const packages = Object.keys(texts).map((key) => packageOf(key));
  return { packages, trees: new Map(Object.values(texts).map((text, at) => [packages[at]!.baseName, tree(text)])) };
}

export function packageOf(key: string): ForestPackage {
  const [name = "", priority] = key.split(":");
  const digest = name[0]!.toLowerCase().repeat(32);
  return {
    name,
    baseName: `${digest}-${name}-1` as BaseName,
    priority: priority === undefined ? DEFAULT_PRIORITY : Number(priority),
  };
}

function tree(text: TreeText): Tree {
  const items = new Map<string, Item>();
  for (const [path, item] of Object.entries(text)) {
    const parts = path.split("/").filter((part) => part !== "");
    for (let length = 1; length < parts.length; length++) items.set(parts.slice(0, length).join("/"), EMPTY);
    items.set(parts.join("/"), typeof item === "string" ? { kind: "file", content: item, executable: false } : item);
  }
  return items;
}

/** Reads a world whose storeDir is `storeDir`, and notes each directory that is listed in `listed`. */
export function memoryReader({ trees }: World, storeDir = "/s", listed: string[] = []): TreeReader {
  const listings = new Map<string, TreeEntry[]>([...trees.keys()].map((baseName) => [`${baseName}/`, []]));
  for (const [baseName, items] of trees) {
    for (const [path, { kind }] of items) {
      const cut = path.lastIndexOf("/");
      listings
        .get(`${baseName}/${path.slice(0, Math.max(0, cut))}`)!
        .push({ name: path.slice(cut + 1) as ByteString, kind });
      if (kind === "directory") listings.set(`${baseName}/${path}`, []);
    }
  }
  const itemAt = (baseName: BaseName, path: ByteString) => trees.get(baseName)!.get(path)!;
  return {
    list(baseName, path) {
      listed.push(`${baseName}/${path}`);
      return listings.get(`${baseName}/${path}`)!;
    },
    readLink(baseName, path) {
      const item = itemAt(baseName, path);
      if (item.kind !== "link") throw new Error(`${path} is no link`);
      return linkText(item.target, storeDir, baseName);
    },
    sameContent(a, b) {
      const [left, right] = [itemAt(a.baseName, a.path), itemAt(b.baseName, b.path)];
      if (left.kind !== "file" || right.kind !== "file") throw new Error(`${a.path} or ${b.path} is no file`);
      return left.content === right.content && left.executable === right.executable;
    },
  };
}

/** Writes the packages of a world into `storeDir`, which exists. */
export function writeWorld({ trees }: World, storeDir: string): void {
  for (const [baseName, items] of trees) {
    const top = `${fromText(storeDir)}/${baseName}`;
    mkdirSync(toFsPath(top as ByteString));
    for (const [path, item] of items) {
      const fsPath = toFsPath(`${top}/${path}` as ByteString);
      if (item.kind === "directory") mkdirSync(fsPath);
      else if (item.kind === "link") symlinkSync(toBytes(linkText(item.target, storeDir, baseName)), fsPath);
      else {
        writeFileSync(fsPath, item.content);
        chmodSync(fsPath, item.executable ? 0o555 : 0o444);
      }
    }
  }
}

function linkText(target: string, storeDir: string, baseName: BaseName): ByteString {
  return target.replaceAll("<store>", fromText(storeDir)).replaceAll("<self>", baseName) as ByteString;
}

/** A plan as sorted lines `lib/` and `lib/x -> ../../A/lib/x`, with the names of packages in place of base names. */
export function planLines(root: PlanDirectory, { packages }: Pick<World, "packages">): readonly string[] {
  const lines: string[] = [];
  const visit = ({ entries }: PlanDirectory, prefix: string) => {
    for (const [name, node] of entries) {
      if (node.kind === "link") lines.push(`${prefix}${name} -> ${node.target}`);
      else {
        lines.push(`${prefix}${name}/`);
        visit(node, `${prefix}${name}/`);
      }
    }
  };
  visit(root, "");
  return lines.map((line) => packages.reduce((text, { name, baseName }) => text.replaceAll(baseName, name), line));
}

const NAMES = ["a", "b", "lib", "\xe9"];

const TARGETS = [
  ...NAMES,
  ...NAMES.map((name) => `../${name}`),
  ...["..", ".", "../a/b", "b/lib", "../../lib", "a/../b", "lib/", "missing", "a/missing"],
  ...["/outside", "../../../../../outside", "<store>/<self>/lib", "<store>/<self>", "../<self>/a", "../../<self>/b"],
];

const anyItem: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    kind: fc.constant("file" as const),
    content: fc.constantFrom("1", "2"),
    executable: fc.boolean(),
  }),
  fc.constantFrom(...TARGETS).map(link),
);

/** Trees of up to `depth` levels with few names, so that packages meet often. */
function anyTree(item: fc.Arbitrary<Item>, depth: number): fc.Arbitrary<Tree> {
  const single = fc.oneof({ weight: 9, arbitrary: item }, { weight: 1, arbitrary: fc.constant(EMPTY) });
  const leaf = single.map((each): Tree => new Map([["", each]]));
  const node =
    depth === 1
      ? leaf
      : fc.oneof(
          { depthSize: "max" },
          { weight: 1, arbitrary: leaf },
          { weight: 1, arbitrary: anyTree(item, depth - 1).map((tree) => new Map([["", EMPTY], ...tree])) },
        );
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), node), {
      selector: ([name]) => name,
      minLength: 2,
      maxLength: NAMES.length,
      size: "max",
    })
    .map((children) => new Map(children.flatMap(([name, items]) => within(name, items))));
}

function within(name: string, items: Tree): [string, Item][] {
  return [...items].map(([path, item]) => [path === "" ? name : `${name}/${path}`, item]);
}

/** Worlds of two to four packages. */
export function anyWorld(
  options: { item?: fc.Arbitrary<Item>; priority?: fc.Arbitrary<number> } = {},
): fc.Arbitrary<World> {
  const priority = options.priority ?? fc.constantFrom(4, 5, 5, 5, 6);
  return fc
    .array(fc.tuple(anyTree(options.item ?? anyItem, 3), priority), { minLength: 2, maxLength: 4, size: "max" })
    .map((list) => {
      const packages = list.map((each, at) => ({ ...packageOf("ABCD"[at]!), priority: each[1] }));
      return { packages, trees: new Map(list.map((each, at) => [packages[at]!.baseName, each[0]])) };
    });
}
