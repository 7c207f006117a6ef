import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm pack` makes, unpacked as npm would install it, with the checkout's dependencies beside it. */
function installPacked(project: string): boolean {
  const home = join(project, "npm");
  mkdirSync(home, { recursive: true });
  const args = ["pack", "--ignore-scripts", "--pack-destination", home, `--cache=${home}`, "--silent"];
  const { status, stdout, error } = spawnSync("npm", args, { cwd: CHECKOUT, encoding: "utf8" });
  if (error) return false;
  expect(status, stdout).toBe(0);
  const place = join(project, "node_modules/store");
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["xzf", join(home, stdout.trim()), "--strip-components=1", "-C", place]);
  symlinkSync(join(CHECKOUT, "node_modules"), join(place, "node_modules"));
  rmSync(home, { recursive: true });
  return true;
}

const LIBRARY = `
import { generations, openStore, parseProfileName } from "store";
const store = await openStore({ root: process.env.STORE_ROOT, create: false });
console.log((await generations(store, parseProfileName("default"))).length);
`;

test("what npm packs is the whole program, and the library with its types", ({ skip }) => {
  const world = makeStoreWorld();
  if (!installPacked(world.directory)) return skip("npm is missing: nothing is packed");
  const packed = join(world.directory, "node_modules/store");
  const options = { cwd: world.directory, env: world.env, stdio: "pipe", encoding: "utf8" } as const;
  const store = (...words: string[]): string => execFileSync(join(packed, "bin/store"), words, options);
  const { version, exports } = JSON.parse(readFileSync(join(packed, "package.json"), "utf8"));
  expect(store("--version")).toBe(`store ${version}\n`);
  expect(store("install", world.source("hello-1", { "bin/hello": "" }))).toContain("+ hello 1");
  expect(store("generations", "--json")).toContain('"generation":1');
  for (const command of ["switch", "doctor"]) expect(store(command, "--help")).toContain(`store ${command}`);
  writeFileSync(join(world.directory, "library.mjs"), LIBRARY);
  expect(execFileSync(process.execPath, ["library.mjs"], options)).toBe("2\n");
  expect(readFileSync(join(packed, exports["."].types), "utf8")).toContain("openStore");
});
