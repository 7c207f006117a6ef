// A store with many objects, made by hand: to add so many would take hours. Objects stand in chains of ten, each
// referring to the one before it; the last of each chain that is not to be dead has a root.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const program = fileURLToPath(new URL("../bin/store", import.meta.url));

export const CHAIN = 10;

/** Whether the object with this number gets a root, which keeps its chain. */
export function hasRoot(number, { objects, dead }) {
  return number >= dead && (number % CHAIN === CHAIN - 1 || number === objects - 1);
}

/** Where the root of the object with this number lies. */
export function rootOf(root, number) {
  return join(root, "roots/named", `r${number}`);
}

/** Objects that are whole, with manifests, lists and pool; returns their paths. The dead ones come first. */
export function makeBigStore(root, { objects, files, dead }) {
  spawnSync(program, ["init", "--root", root, "-q"], { stdio: "inherit" });
  const storeDir = `${root}/pkgs`.padEnd(48, "_");
  mkdirSync(join(root, "roots/named"), { recursive: true });
  const names = [];
  for (let number = 0; number < objects; number++) {
    const before = number % CHAIN === 0 ? undefined : names[number - 1];
    const name = writeObject(root, storeDir, { number, before, files });
    names.push(name);
    if (hasRoot(number, { objects, dead }))
      symlinkSync(`../../${storeDir.slice(root.length + 1)}/${name}`, rootOf(root, number));
  }
  return names.map((name) => `${storeDir}/${name}`);
}

function writeObject(root, storeDir, { number, before, files }) {
  const entries = Array.from({ length: files }, (_, index) => ({
    mode: "100644",
    name: `f${String(index).padStart(String(files).length, "0")}`,
    content: `${number} ${index}\n`,
  }));
  if (before) entries.unshift({ mode: "120000", name: "dependency", content: `../${before}/${entries[0].name}` });
  for (const entry of entries) entry.id = hash("blob", Buffer.from(entry.content));
  const treeId = hash(
    "tree",
    Buffer.concat(
      entries.map(({ mode, name, id }) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")])),
    ),
  );
  const name = `${base32(Buffer.from(treeId, "hex").subarray(0, 20))}-p${number}-1.0`;
  const path = `${storeDir}/${name}`;
  mkdirSync(path);
  for (const { mode, name: file, content, id } of entries) {
    if (mode === "120000") {
      symlinkSync(content, `${path}/${file}`);
      lutimesSync(`${path}/${file}`, 1, 1);
    } else {
      const pooled = `${root}/files/${id.slice(0, 2)}/${id}`;
      writeFileSync(pooled, content, { mode: 0o444 });
      utimesSync(pooled, 1, 1);
      linkSync(pooled, `${path}/${file}`);
    }
  }
  chmodSync(path, 0o555);
  writeRecords(root, { name, number, before, treeId, entries });
  utimesSync(path, 1, 1);
  return name;
}

function writeRecords(root, { name, number, before, treeId, entries }) {
  const list = entries
    .map(({ mode, name: file, content, id }) => `${mode} ${id} ${content.length} -\t${file}\n`)
    .join("");
  writeFileSync(`${root}/manifests/${name}.files`, list);
  const manifest = {
    format: 1,
    path: name,
    name: `p${number}`,
    version: "1.0",
    treeId,
    addressing: "content",
    size: entries.reduce((sum, { mode, content }) => sum + (mode === "100644" ? content.length : 0), 0),
    files: entries.length,
    references: before ? [before] : [],
    localised: false,
    created: "2026-01-01T00:00:00.000Z",
    origin: { kind: "directory" },
  };
  writeFileSync(`${root}/manifests/${name}.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

function hash(type, content) {
  return createHash("sha256").update(`${type} ${content.length}\0`).update(content).digest("hex");
}

function base32(bytes) {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return bits
    .match(/.{5}/g)
    .map((five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five, 2)])
    .join("");
}
