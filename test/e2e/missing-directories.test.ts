import { execFileSync } from "node:child_process";
import { readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

/** Of a store with two packages: what a backup makes of it that leaves out empty directories, and whatever is `lost`. */
function restored(lost: readonly string[]) {
  const world = makeStoreWorld();
  for (const name of ["a-1", "b-1"]) world.done("install", world.source(name, { [name]: name }));
  const emptied = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name.startsWith("pkgs_")) continue;
      const path = join(directory, entry.name);
      emptied(path);
      if (readdirSync(path).length === 0) rmdirSync(path);
    }
  };
  emptied(world.root);
  for (const name of lost) rmSync(join(world.root, name), { recursive: true, force: true });
  return { ...world, mode: (name: string) => statSync(join(world.root, name)).mode & 0o777 };
}

const COMMANDS = [
  ["switch", "gen-1"],
  ["pin", "gen-1"],
  ["remove", "a"],
  ["config", "gc.keep", "3"],
  ["root", "add", "a"],
  ["gc", "--dry-run"],
  ["gc"],
  ["verify"],
  ["verify", "--repair"],
] as const;

describe("a store whose empty directories are lost", () => {
  it("works: they are made anew by whoever needs them", () => {
    const world = restored(["locks"]);
    const saved = `${world.root}.saved`;
    execFileSync("cp", ["-a", world.root, saved]);
    for (const words of [...COMMANDS, ["install", world.source("c-1", { c: "c" })]]) {
      execFileSync("rm", ["-rf", world.root]);
      execFileSync("cp", ["-a", saved, world.root]);
      expect(world.run([...words]), words.join(" ")).toMatchObject({ status: 0 });
    }
    expect(["locks", "tmp", "trash", "builds", "build-logs", "sources", "files/00"].map(world.mode)).toEqual([
      ...[0o700, 0o700, 0o700, 0o700, 0o700, 0o755, 0o755],
    ]);
  });

  it("is told once what was made", () => {
    const world = restored([]);
    expect(world.run(["verify"]).stderr).toMatch(/made anew, since they were missing: .*builds/);
    expect(world.run(["verify"]).stderr).not.toContain("made anew");
  });

  it("is not taken for empty when manifests or profiles are lost", () => {
    for (const lost of ["manifests", "profiles"]) {
      const world = restored([lost]);
      for (const command of ["gc", lost === "manifests" ? "verify" : "log"])
        expect(world.run([command]), lost).toMatchObject({
          status: 6,
          stderr: expect.stringMatching(/is missing\nhint: Put it back.*Otherwise.*`store verify --repair`/),
        });
      expect(readdirSync(world.root)).not.toContain(lost);
    }
  });
});
