import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHostToolchain, findInPath } from "../../src/build/sandbox/host-toolchain.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "toolchain-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("findInPath", () => {
  it("finds the first that can be executed", () => {
    for (const name of ["a", "b", "c"]) mkdirSync(join(directory, name));
    for (const name of ["a", "b", "c"]) writeFileSync(join(directory, name, "tool"), "");
    chmodSync(join(directory, "a/tool"), 0o644);
    chmodSync(join(directory, "b/tool"), 0o755);
    chmodSync(join(directory, "c/tool"), 0o755);
    const path = ["a", "missing", "b", "c"].map((name) => join(directory, name)).join(":");
    expect(findInPath("tool", path)).toBe(join(directory, "b/tool"));
    expect(findInPath("other", path)).toBeUndefined();
  });

  it("does not look in the current directory, nor take a directory for a command", () => {
    expect(findInPath("package.json", ".:")).toBeUndefined();
    mkdirSync(join(directory, "bin/tool"), { recursive: true });
    expect(findInPath("tool", join(directory, "bin"))).toBeUndefined();
  });
});

describe.runIf(process.platform === "linux")("findHostToolchain", () => {
  const toolchain = findHostToolchain(process.env.PATH ?? "");

  it("shows what the host has as it has it", () => {
    for (const mount of toolchain.mounts) {
      if (mount.kind === "link") expect(readlinkSync(mount.path)).toBe(mount.target);
      else expect(existsSync(mount.path)).toBe(true);
      if (mount.kind === "bind") expect(lstatSync(mount.path).isSymbolicLink()).toBe(false);
    }
    expect(toolchain.mounts[0]).toEqual({ kind: "bind", path: "/usr" });
  });

  it("shows no secrets, users or other configuration", () => {
    const shown = toolchain.mounts.map(({ path }) => path);
    for (const path of [
      "/etc",
      "/etc/passwd",
      "/etc/shadow",
      "/etc/ssl",
      "/etc/ssh",
      "/etc/hosts",
      "/home",
      "/root",
      "/var",
      "/",
    ]) {
      expect(shown).not.toContain(path);
    }
  });

  it("does not depend on the user's PATH where the usual tools are in the usual places", () => {
    if (findInPath("cc", "/usr/bin:/bin") === undefined) return;
    expect(findHostToolchain(`${directory}:/opt/strange`)).toEqual(toolchain);
    expect(toolchain.path).toBe("/usr/bin:/bin:/usr/sbin:/sbin");
  });
});
