// What daily commands take in a very big store: node bench/load.mjs [--objects 100000] [--dead 10000] [--files 10] [--dir /dev/shm]
// The store is made by hand, in minutes, and removed afterwards; each of its objects has files of its own.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CHAIN, makeBigStore, program, rootOf } from "./big-store.mjs";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "100000" },
    dead: { type: "string", default: "10000" },
    files: { type: "string", default: "10" },
    dir: { type: "string", default: "/dev/shm" },
  },
});
const [objects, dead, files] = [values.objects, values.dead, values.files].map(Number);
const directory = mkdtempSync(join(values.dir, "b-"));

try {
  const root = join(directory, "s");
  const paths = makeBigStore(root, { objects, files, dead: 0 });
  console.log(`${objects} objects, ${objects * files} files in the pool; ${availableParallelism()} cores\n`);
  console.log("| command | seconds | CPU seconds | peak memory |\n| --- | --- | --- | --- |");
  const run = (name, ...args) => measure(name, [program, "--root", root, "-q", ...args]);
  run("gc, the first, of nothing", "gc", "--json");
  for (let number = CHAIN - 1; number < dead; number += CHAIN) unlinkSync(rootOf(root, number));
  run(`gc --dry-run, ${dead} dead`, "gc", "--dry-run", "--json");
  run("add, a new package", "add", smallPackage("a"));
  run("gc --dry-run, after the add", "gc", "--dry-run", "--json");
  run("install, a new package", "install", smallPackage("b"));
  run("install, an object", "install", paths.at(-1));
  run("switch gen-1", "switch", "gen-1");
  run("rollback", "rollback");
  run("why, an object", "why", paths.at(-1), "--json");
  run("info, an object", "info", paths.at(-1), "--json");
  run("closure, an object", "closure", paths.at(-1), "--json");
  run("du, an object", "du", paths.at(-1), "--json");
  run("du, the store", "du", "--json");
  run("delete, an object", "delete", paths[CHAIN - 1]);
  run(`gc, ${dead} dead`, "gc", "--json");
} finally {
  spawnSync("chmod", ["-R", "u+w", directory]);
  rmSync(directory, { recursive: true, force: true });
}

function smallPackage(name) {
  const path = join(directory, `${name}-1.0`);
  mkdirSync(join(path, "bin"), { recursive: true });
  writeFileSync(join(path, "bin", name), `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
  return path;
}

function measure(name, [command, ...args]) {
  const started = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/time", ["-f", "%M %U %S", command, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-2000)}`);
  const [kilobytes, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  const memory = `${Math.round(kilobytes / 1024)} MiB`;
  console.log(`| ${name} | ${seconds.toFixed(2)} | ${(user + system).toFixed(2)} | ${memory} |`);
}
