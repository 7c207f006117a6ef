// Collecting in a big store, against `nix-store --gc` on the same shape. Makes both stores by hand, since adding so many
// objects would take hours: node bench/collection.mjs [--objects 50000] [--dead 10000] [--files 3] [--dir /dev/shm] [--no-nix]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, lutimesSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "50000" },
    dead: { type: "string", default: "10000" },
    files: { type: "string", default: "3" },
    dir: { type: "string", default: "/dev/shm" },
    "no-nix": { type: "boolean", default: false },
    "dry-only": { type: "boolean", default: false },
  },
});
const [objects, dead, files] = [values.objects, values.dead, values.files].map(Number);
const program = fileURLToPath(new URL("../bin/store", import.meta.url));
const directory = mkdtempSync(join(values.dir, "b-"));

/** Objects stand in chains of this length, each referring to the one before it. */
const CHAIN = 10;

try {
  console.log(`${objects} objects of ${files} files, ${dead} of them dead; ${availableParallelism()} cores`);
  const root = join(directory, "s");
  const paths = makeStore(root);
  const ours = (...args) => measure(args.join(" ").replaceAll(directory, ""), [program, "--root", root, "-q", ...args]);
  const last = paths.at(-1);
  ours("gc", "--dry-run", "--json");
  ours("gc", "--dry-run", "--json");
  if (values["dry-only"]) {
    ours("why", last);
    ours("closure", last);
    ours("du", last);
    ours("install", last);
    ours("switch", "gen-0");
    ours("du");
  }
  const collected = values["dry-only"] ? undefined : ours("gc", "--json");
  if (!values["no-nix"] && collected) {
    const env = makeNixStore(join(directory, "n"));
    const nix = measure("nix-store --gc", ["nix-store", "--gc"], env);
    console.log(`ratio to nix-store --gc: ${(collected.seconds / nix.seconds).toFixed(2)}`);
  }
} finally {
  spawnSync("chmod", ["-R", "u+w", directory]);
  rmSync(directory, { recursive: true, force: true });
}

function measure(name, [command, ...args], env = process.env) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync("/usr/bin/time", ["-f", "%M %U %S", command, ...args], {
    encoding: "utf8",
    env,
    maxBuffer: 1 << 30,
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-2000)}`);
  const [kilobytes, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  console.log(
    `${seconds.toFixed(2)} s (cpu ${(user + system).toFixed(2)} s), ${Math.round(kilobytes / 1024)} MiB: ${name.slice(0, 60)}`,
  );
  return { seconds, stdout };
}

/** Objects that are whole, with manifests, lists and pool; returns their paths. The dead ones come first. */
function makeStore(root) {
  spawnSync(program, ["init", "--root", root], { stdio: "inherit" });
  const storeDir = `${root}/pkgs`.padEnd(48, "_");
  mkdirSync(join(root, "roots/named"), { recursive: true });
  const names = [];
  for (let number = 0; number < objects; number++) {
    const before = number % CHAIN === 0 ? undefined : names[number - 1];
    const name = writeObject(root, storeDir, { number, before });
    names.push(name);
    const isHead = number % CHAIN === CHAIN - 1 || number === objects - 1;
    if (number >= dead && isHead)
      symlinkSync(`../../${storeDir.slice(root.length + 1)}/${name}`, join(root, "roots/named", `r${number}`));
  }
  return names.map((name) => `${storeDir}/${name}`);
}

function writeObject(root, storeDir, { number, before }) {
  const entries = Array.from({ length: files }, (_, index) => ({
    mode: "100644",
    name: `f${index}`,
    content: `${number} ${index}\n`,
  }));
  if (before) entries.unshift({ mode: "120000", name: "dependency", content: `../${before}/f0` });
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
  const list = entries
    .map(({ mode, name: file, content, id }) => `${mode} ${id} ${content.length} -\t${file}\n`)
    .join("");
  writeFileSync(`${root}/manifests/${name}.files`, list);
  const size = entries.reduce((sum, { mode, content }) => sum + (mode === "100644" ? content.length : 0), 0);
  const manifest = {
    format: 1,
    path: name,
    name: `p${number}`,
    version: "1.0",
    treeId,
    addressing: "content",
    size,
    files: entries.length,
    references: before ? [before] : [],
    localised: false,
    created: "2026-01-01T00:00:00.000Z",
    origin: { kind: "directory" },
  };
  writeFileSync(`${root}/manifests/${name}.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  utimesSync(path, 1, 1);
  return name;
}

/** The same shape for Nix, registered without being read; returns the environment in which its store is the one. */
function makeNixStore(root) {
  const env = {
    ...process.env,
    NIX_STORE_DIR: `${root}/store`,
    NIX_STATE_DIR: `${root}/state`,
    NIX_LOG_DIR: `${root}/log`,
    NIX_CONF_DIR: `${root}/etc`,
  };
  for (const path of ["store", "state/gcroots", "etc"]) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "etc/nix.conf"), "build-users-group =\n");
  const paths = [];
  const records = [];
  for (let number = 0; number < objects; number++) {
    const path = `${root}/store/${createHash("sha256").update(String(number)).digest("hex").slice(0, 32).replaceAll("e", "z")}-p${number}-1.0`;
    const before = number % CHAIN === 0 ? undefined : paths[number - 1];
    mkdirSync(path);
    for (let index = 0; index < files; index++)
      writeFileSync(`${path}/f${index}`, `${number} ${index}\n`, { mode: 0o444 });
    if (before) symlinkSync(`${before}/f0`, `${path}/dependency`);
    records.push([path, "0".repeat(64), "1000", "", before ? "1" : "0", ...(before ? [before] : [])].join("\n"));
    paths.push(path);
    if (number >= dead && (number % CHAIN === CHAIN - 1 || number === objects - 1))
      symlinkSync(path, join(root, "state/gcroots", `r${number}`));
  }
  const { status, stderr } = spawnSync("nix-store", ["--load-db"], {
    env,
    input: `${records.join("\n")}\n`,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`nix-store --load-db: ${stderr}`);
  return env;
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
