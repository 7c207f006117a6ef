import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { machine, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprintText, hostFingerprint, lazyHostFingerprint } from "../../src/build/host-fingerprint.ts";
import { hostToolStamp } from "../../src/build/host-tool-stamp.ts";
import { findHostToolchain } from "../../src/build/sandbox/host-toolchain.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fingerprint-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Tools that are scripts; what they do not know they answer like a tool that has no such option. */
function writeTools(tools: Readonly<Record<string, string>>): void {
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho $0 "$@" >>${directory}/calls\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
  }
}

const compiler = (version: string): string =>
  `case $1 in --version) echo "${version}"; echo more;; -dumpmachine) echo riscv64-linux-gnu;; *) exit 1;; esac`;

const TOOLS = {
  cc: compiler("cc (Own) 1.2.3"),
  "c++": compiler("c++ (Own) 1.2.3"),
  ld: "echo 'GNU ld 9.9'; echo more",
  make: "echo 'GNU Make 9.8'",
  getconf: "echo glibc 2.99",
};

describe("hostFingerprint", () => {
  it("is what the tools say, in one order", async () => {
    writeTools(TOOLS);
    const fingerprint = await hostFingerprint({ path: directory });
    expect(fingerprintText({ ...fingerprint, system: "Linux", machine: "riscv64" })).toBe(
      '{"cc":{"target":"riscv64-linux-gnu","version":"cc (Own) 1.2.3"},' +
        '"cxx":{"target":"riscv64-linux-gnu","version":"c++ (Own) 1.2.3"},' +
        '"ld":"GNU ld 9.9","libc":"glibc 2.99","machine":"riscv64","make":"GNU Make 9.8","system":"Linux"}',
    );
    expect(fingerprint.machine).toBe(machine());
  });

  it("changes with each tool, and not with their place", async () => {
    writeTools(TOOLS);
    const before = fingerprintText(await hostFingerprint({ path: directory }));
    const moved = join(directory, "elsewhere");
    mkdirSync(moved);
    execFileSync("cp", [...Object.keys(TOOLS).map((name) => join(directory, name)), moved]);
    expect(fingerprintText(await hostFingerprint({ path: `/nowhere:${moved}` }))).toBe(before);
    for (const name of ["cc", "c++", "ld", "make", "getconf"] as const) {
      writeTools({ ...TOOLS, [name]: TOOLS[name].replace(/\d\.\d+/g, "5.5") });
      expect(fingerprintText(await hostFingerprint({ path: directory }))).not.toBe(before);
    }
  });

  it("takes what is missing or silent for what it is", async () => {
    writeTools({ cc: "exit 0" });
    const { cc, cxx, ld, make, libc } = await hostFingerprint({ path: directory });
    expect(cc).toEqual({ version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), target: "unknown" });
    expect({ cxx, ld, make, libc }).toEqual({
      cxx: { version: "none", target: "none" },
      ld: "none",
      make: "none",
      libc: "unknown",
    });
  });

  it("knows musl", async () => {
    writeTools({
      ...TOOLS,
      getconf: "exit 1",
      ldd: "printf 'musl libc (x86_64)\\nVersion 1.2.4\\nUsage\\n' >&2; exit 1",
    });
    expect((await hostFingerprint({ path: directory })).libc).toBe("musl 1.2.4");
  });

  it("asks once when it is lazy", async () => {
    writeTools(TOOLS);
    const lazy = lazyHostFingerprint({ path: directory });
    expect(await Promise.all([lazy(), lazy()])).toHaveLength(2);
    await lazy();
    expect(execFileSync("grep", ["-c", ".", join(directory, "calls")]).toString()).toBe("7\n");
  });

  it.runIf(process.platform === "linux")("agrees with the compiler of this machine", async () => {
    const { path } = findHostToolchain(process.env.PATH ?? "");
    const { cc } = await hostFingerprint({ path });
    try {
      const said = execFileSync("/usr/bin/env", ["cc", "--version"], { env: { PATH: path, LC_ALL: "C" } }).toString();
      expect(said.startsWith(`${cc.version}\n`)).toBe(true);
    } catch {
      expect(cc.version).toBe("none");
    }
  });
});

describe("hostToolStamp", () => {
  it("runs nothing, stays, and changes with a tool's file", () => {
    writeTools(TOOLS);
    const stamp = hostToolStamp({ path: directory });
    expect(hostToolStamp({ path: directory })).toBe(stamp);
    expect(() => execFileSync("cat", [join(directory, "calls")], { stdio: "ignore" })).toThrow();
    utimesSync(join(directory, "ld"), 1, 1);
    expect(hostToolStamp({ path: directory })).not.toBe(stamp);
  });
});
