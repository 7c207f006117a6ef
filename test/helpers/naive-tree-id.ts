import { createHash } from "node:crypto";
import type { ByteString } from "../../src/model/byte-string.ts";
import { digestOf, type TreeId } from "../../src/model/ids.ts";
import type { Store } from "../../src/store/open-store.ts";
import { readTree, type Seen } from "./worlds.ts";

/** What stands for what in contents and link targets, as text of bytes. */
export type Replaced = readonly (readonly [from: string, to: string])[];

/** The replacements that turn an object of this store, by its base name, into canonical form. */
export function toCanonical({ layout }: Store, baseName: string): Replaced {
  return [
    [layout.storeDir, "/store/pkgs".padEnd(layout.width, "_")],
    [baseName, `${"0".repeat(32)}${baseName.slice(32)}`],
  ];
}

/** The tree id of what lies in `directory`, found the simple way: everything read whole, nothing shared with `src/`. */
export function naiveTreeId(directory: string, replaced: Replaced = []): string {
  const seen = readTree(directory);
  const contentOf = (each: Seen): Buffer =>
    Buffer.from(
      replaced.reduce((text, [from, to]) => text.split(from).join(to), each.content.toString("latin1")),
      "latin1",
    );
  const idOf = (path: string): Buffer => {
    const each = seen.get(path as ByteString) as Seen;
    return each.kind === "directory" ? sum("tree", treeOf(path)) : sum("blob", contentOf(each));
  };
  const treeOf = (path: string): Buffer => {
    const prefix = path === "" ? "" : `${path}/`;
    const children = [...seen].filter(
      ([at]) => at.startsWith(prefix) && at !== "" && !at.slice(prefix.length).includes("/"),
    );
    const lines = children.map(([at, each]) => {
      const name = Buffer.from(at.slice(prefix.length), "latin1");
      const key = each.kind === "directory" ? Buffer.concat([name, Buffer.from("/")]) : name;
      return { key, line: Buffer.concat([Buffer.from(`${modeOf(each)} `), name, Buffer.of(0), idOf(at)]) };
    });
    return Buffer.concat(lines.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ line }) => line));
  };
  return idOf("").toString("hex");
}

function sum(type: string, body: Buffer): Buffer {
  return createHash("sha256").update(`${type} ${body.length}\0`).update(body).digest();
}

function modeOf({ kind, mode }: Seen): string {
  if (kind === "directory") return "40000";
  if (kind === "link") return "120000";
  return (mode & 0o100) === 0 ? "100644" : "100755";
}

/** What is wrong with a valid object of the store, judged by its bytes, modes and times; nothing when all is well. */
export function faultsOf(store: Store, manifest: { readonly path: string; readonly treeId: string }): string[] {
  const directory = `${store.layout.storeDir}/${manifest.path}`;
  const faults: string[] = [];
  const treeId = naiveTreeId(directory, toCanonical(store, manifest.path));
  if (treeId !== manifest.treeId) faults.push(`tree id is ${treeId}`);
  if (!manifest.path.startsWith(`${digestOf(manifest.treeId as TreeId)}-`)) faults.push("name is not by content");
  for (const [path, { kind, mode, mtime }] of readTree(directory)) {
    if (mtime !== 1) faults.push(`'${path}' has mtime ${mtime}`);
    if (kind === "other") faults.push(`'${path}' is special`);
    if (kind === "directory" && mode !== 0o555) faults.push(`'${path}' has mode ${mode.toString(8)}`);
    if (kind === "file" && mode !== 0o444 && mode !== 0o555) faults.push(`'${path}' has mode ${mode.toString(8)}`);
  }
  return faults;
}
