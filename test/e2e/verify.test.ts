import { mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flip, inWritable } from "../helpers/damages.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

/** A store in which `tool` is installed; with the path of its object. */
function withTool(): StoreWorld & { readonly tool: string } {
  const world = makeStoreWorld();
  world.done(
    "install",
    world.source("tool-1.0", { "bin/tool": { exec: "#!/bin/sh\necho tool\n" }, "share/text": "text" }),
  );
  return { ...world, tool: world.done("path", "tool").stdout.trim() };
}

interface Told {
  readonly damaged: readonly { readonly kind: string; readonly path?: string; readonly outcome: { state: string } }[];
  readonly repaired: readonly { readonly kind: string; readonly outcome: { from: string } }[];
  readonly checked: { readonly objects: number };
}

describe("store verify", () => {
  it("says that nothing is damaged", () => {
    const { done, run } = withTool();
    expect(done("verify", "--contents").stdout).toContain("nothing is damaged");
    expect(done("verify", "--json", "--io-nice").json<Told>()).toMatchObject({ damaged: [], checked: { objects: 3 } });
    expect(run(["verify", "nonesuch"])).toMatchObject({ status: 1, stderr: expect.stringContaining("nonesuch") });
  });

  it("finds a damaged file, says so with status 6, and repairs it from where it came", () => {
    const { run, done, tool } = withTool();
    flip(join(tool, "share/text"));
    expect(run(["verify"]).status).toBe(0);
    const found = run(["verify", "--contents", "tool"]);
    expect(found).toMatchObject({
      status: 6,
      stdout: expect.stringContaining("tool-1.0/share/text has other content"),
    });
    expect(run(["verify", "--contents", "--json"]).json<Told>().damaged).toContainEqual(
      expect.objectContaining({ kind: "changed-file", path: "share/text", outcome: { state: "found" } }),
    );
    expect(done("verify", "--contents", "--repair").stdout).toContain("repaired, fetched again from where it came");
    expect(done("verify", "--contents").stdout).toContain("nothing is damaged");
  });

  it("repairs from a repository what cannot be had elsewhere, and says so when there is none", () => {
    const { run, done, tool, directory } = withTool();
    const repository = join(directory, "repository");
    mkdirSync(repository);
    done("archive", "export", "tool", "-o", `${repository}/`);
    rmSync(join(directory, "tool-1.0"), { recursive: true });
    rmSync(join(directory, "s/files"), { recursive: true });
    inWritable(join(tool, "share/text"), (path) => unlinkSync(path));
    expect(run(["verify", "--repair"])).toMatchObject({ status: 6, stdout: expect.stringContaining("no source") });
    const repaired = done("verify", "--repair", "--repository", repository);
    expect(repaired.stdout).toContain(`repaired, from ${repository}`);
  });
});

describe("store doctor", () => {
  it("has a line for everything, and its status is that of the worst", () => {
    const { run, env, root } = withTool();
    const well = run(["doctor", "--json"], { env: { PATH: `${root}/profiles/default/current/bin:${env.PATH}` } });
    const topics = well.json<{ topic: string; state: string }[]>();
    expect(topics.map(({ topic }) => topic)).toEqual(
      expect.arrayContaining([
        "root",
        "log",
        "profiles",
        "clock",
        "index",
        "locks",
        "leases",
        "leftovers",
        "space",
        "hard links",
        "node",
      ]),
    );
    expect(topics.find(({ topic }) => topic === "path")?.state).toBe("ok");
    writeFileSync(join(root, "config.json"), "{");
    const broken = run(["doctor"]);
    expect(broken).toMatchObject({
      status: 6,
      stderr: "",
      stdout: expect.stringMatching(/^bad .*config\.json cannot be read/m),
    });
    expect(broken.stdout).toMatch(/^ok +log /m);
    unlinkSync(join(root, "config.json"));
    const unwell = run(["doctor"], { env: { LANG: "C" } });
    expect(unwell).toMatchObject({ status: 3, stdout: expect.stringContaining("C is not UTF-8") });
    expect(unwell.stdout).toContain("is not in PATH");
  });

  it("works without a store", () => {
    const { run } = makeStoreWorld();
    expect(run(["doctor"])).toMatchObject({ status: 3, stdout: expect.stringContaining("there is no store at") });
  });
});
