import { appendFileSync, lstatSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sealLine } from "../../src/model/log-record.ts";
import { keepWorld } from "../helpers/kept-world.ts";
import type { StoreWorld } from "../helpers/run-store.ts";

/** gen-1 has a 1, gen-2 also b 1, gen-3 a 2 and b 1; #3 failed. */
const makeThree = keepWorld((world) => {
  world.done("install", "--root", world.root, world.source("a-1", { "bin/a": "1" }));
  world.done("install", world.source("b-1", { "bin/b": "1" }));
  world.run(["install", "./nothing"]);
  world.done("install", world.source("a-2", { "bin/a": "2", "share/a": "" }));
});

function threeGenerations(): StoreWorld & { readonly segment: string } {
  const world = makeThree();
  return { ...world, segment: join(world.root, "log/000001.jsonl") };
}

function editLines(file: string, edit: (lines: string[]) => void): void {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  edit(lines);
  writeFileSync(file, `${lines.join("\n")}\n`);
}

describe("store log", () => {
  it("lists what was done, the newest first, and why something failed", () => {
    const world = threeGenerations();
    const lines = world.done("log").stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^#4 {2}(today|yesterday) \d\d:\d\d {2}install {2}gen-2 → gen-3 {2}a \{1 -> 2\} {2}\(store install .*a-2\)$/,
    );
    expect(lines[1]).toMatch(/^#3 .* install {2}failed: there is no .*nothing {2}\(store install \.\/nothing\)$/);
    expect(world.done("log", "-n", "1").stdout).toBe(`${lines[0]}\n`);
    expect(world.done("log", "--package", "b").stdout).toBe(`${lines[2]}\n`);
    expect(world.done("log", "--type", "abort").stdout).toBe(`${lines[1]}\n`);
    expect(world.done("log", "--until", "2 days ago")).toMatchObject({
      stdout: "",
      stderr: "no transaction is like that\n",
    });
    expect(world.done("log", "--since", "1 hour ago", "-p", "default").stdout.split("\n")).toHaveLength(5);
  });

  it("tells of a change of priority alone, as do the install, diff, generations and the way back", () => {
    const world = threeGenerations();
    const again = world.source("b-1", { "bin/b": "1" });
    const line = "~ b 1 (priority 5 → 3)";
    expect(world.done("install", again, "--priority", "3", "--dry-run").stdout).toContain(`\n${line}\n`);
    expect(world.done("install", again, "--priority", "3").stdout).toContain(`\n${line}\n`);
    expect(world.done("diff", "gen-3").stdout).toContain(`\n${line}\n`);
    expect(JSON.parse(world.done("diff", "gen-3", "--json").stdout)).toMatchObject({
      upgraded: [],
      adjusted: [{ name: "b", from: { priority: 5, path: expect.stringMatching(/^\//) }, to: { priority: 3 } }],
    });
    expect(world.done("log", "-n", "1").stdout).toContain("gen-3 → gen-4  b 1 (priority 5 → 3)  (store");
    expect(world.done("generations").stdout).toMatch(/gen-4 .* install .*b-1 with priority 3\n$/);
    expect(world.done("rollback", "--dry-run").stdout).toContain("~ b 1 (priority 3 → 5)\n");
    expect(world.done("plan", "gen-3").stdout).toContain("~ b 1 (priority 3 → 5)\n");
    const path = JSON.parse(world.done("list", "--json").stdout)[1].path;
    expect(world.done("install", path).stdout).toMatch(/\n~ b 1 \(asked for as \S+-b-1\)\n/);
  });

  it("gives records as they stand in the log, one a line, oldest first", () => {
    const world = threeGenerations();
    expect(world.done("log", "--json").stdout).toBe(readFileSync(world.segment, "utf8"));
    const commits = world.done("log", "--json", "--type", "commit", "-n", "2").stdout.trimEnd().split("\n");
    expect(commits.map((line) => JSON.parse(line))).toMatchObject([
      { type: "commit", to: 2 },
      { type: "commit", to: 3 },
    ]);
  });

  it("refuses options of something else, and what is no time", () => {
    const world = threeGenerations();
    expect(world.run(["log", "verify", "-n", "3"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--count"),
    });
    expect(world.run(["log", "--before", "3d"]).status).toBe(2);
    expect(world.run(["log", "trim"]).stderr).toContain("store log trim --before 90d --keep-last 100");
    expect(world.run(["log", "--since", "yesterdy"]).stderr).toContain("Did you mean 'yesterday'?");
  });

  it("trims, and says where history begins", () => {
    const world = threeGenerations();
    expect(world.done("log", "trim", "--keep-last", "1").stdout).toMatch(
      /^dropped 3 transactions, \d+ records\nhistory begins with #4, /,
    );
    expect(world.done("log").stdout.split("\n")[1]).toMatch(/^#4 /);
    expect(world.run(["switch", "#1"])).toMatchObject({ status: 1, stderr: expect.stringContaining("history begins") });
    expect(world.done("log", "verify").stdout).toContain("nothing is wrong");
  });
});

describe("a log that is damaged", () => {
  it("in the middle is found with file and line, listed all the same, and repaired", () => {
    const world = threeGenerations();
    editLines(world.segment, (lines) => {
      lines[5] = `x${lines[5]}`;
    });
    const verified = world.run(["log", "verify"]);
    expect(verified).toMatchObject({
      status: 6,
      stdout: expect.stringMatching(/^log\/000001\.jsonl:6: damaged: it is not JSON$/m),
    });
    expect(verified.stderr).toContain("store log repair");
    const listed = world.run(["log"]);
    expect(listed).toMatchObject({ status: 6, stdout: expect.stringMatching(/^#1 /m) });
    const repaired = world.done("log", "repair").stdout;
    expect(repaired).toMatch(/^lost {5}record 6$/m);
    expect(repaired).toMatch(/^kept {5}log\/torn\/damaged-1-/m);
    expect(world.done("log", "verify").stdout).toContain("nothing is wrong");
    expect(world.done("log").stdout).toMatch(/recover {2}lost {2}record 6/);
    expect(world.done("state", "--json").json()).toMatchObject({
      generation: 3,
      packages: [{ name: "a" }, { name: "b" }],
    });
  });

  it("at its last line refuses changes until it is repaired", () => {
    const world = threeGenerations();
    editLines(world.segment, (lines) => {
      lines[lines.length - 1] = `x${lines.at(-1)}`;
    });
    const refused = world.run(["install", world.source("c-1", { c: "" })]);
    expect(refused).toMatchObject({ status: 6, stderr: expect.stringContaining("store log repair") });
    expect(world.run(["state"]).status).toBe(6);
    world.done("log", "repair");
    expect(world.done("install", world.source("d-1", { d: "" })).stdout).toMatch(/^gen-3 → gen-4 /);
  });

  it("by a write that did not end is put in order by the next change, which says so", () => {
    const world = threeGenerations();
    appendFileSync(world.segment, '{"v":1,"seq":99,"type":"beg');
    expect(world.done("log").stderr).toContain("the next change moves it aside");
    const next = world.done("switch", "gen-1");
    expect(next.stderr).toMatch(/the last write to the log had not ended; .* kept in log\/torn\/torn-1-/);
    expect(world.done("log", "verify").stdout).toContain("nothing is wrong");
  });

  it("or lost is written anew by the next change, with a warning", () => {
    const world = threeGenerations();
    rmSync(join(world.root, "log"), { recursive: true });
    expect(world.run(["state", "--at", "1 minute ago"])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining("the log is lost"),
    });
    const next = world.run(["switch", "gen-1"]);
    expect(next).toMatchObject({ status: 3, stderr: expect.stringContaining("written anew from the generations") });
    expect(world.done("log").stdout).toMatch(/^#4 .* install {2}gen-2 → gen-3 {2}a \{1 -> 2\}$/m);
  });

  it("by your own edit is accepted by reseal", () => {
    const world = threeGenerations();
    editLines(world.segment, (lines) => {
      lines[0] = (lines[0] as string).replace('"user":"', '"user":"not-');
    });
    expect(world.run(["log", "verify"])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining("store log reseal"),
    });
    expect(world.done("log", "reseal").stdout).toBe(
      "accepted edits of record 1\nthe chain is sealed anew from record 1\n",
    );
    expect(world.done("log", "verify").stdout).toContain("nothing is wrong");
    expect(world.done("log", "reseal").stdout).toBe("nothing was edited\n");
  });
});

describe("a record of a newer program", () => {
  function append(world: ReturnType<typeof threeGenerations>, members: object): void {
    const last = JSON.parse(readFileSync(world.segment, "utf8").trimEnd().split("\n").at(-1) as string);
    const { seq, sum: prev, carry, time, zone, v } = last;
    const crit = "crit" in members ? { crit: seq + 1 } : {};
    const next = { v, seq: seq + 1, prev, time, zone, tx: 0, carry: { ...carry, ...crit }, ...members };
    appendFileSync(world.segment, `${sealLine(next)}\n`);
  }

  it("with unknown type and members is kept, and everything works", () => {
    const world = threeGenerations();
    append(world, { type: "teleport", where: { to: ["mars"] } });
    expect(world.done("state", "--json").json()).toMatchObject({ generation: 3 });
    world.done("switch", "gen-1");
    expect(world.done("log", "--json", "--type", "teleport").json()).toMatchObject({ where: { to: ["mars"] } });
    expect(world.done("log", "verify").stdout).toContain("nothing is wrong");
  });

  it("that is critical makes the store read-only, with a clear word", () => {
    const world = threeGenerations();
    append(world, { type: "teleport", crit: true });
    const before = readFileSync(world.segment, "utf8");
    for (const change of [
      ["switch", "gen-1"],
      ["pin"],
      ["remove", "a"],
      ["log", "trim", "--keep-last", "1"],
      ["revert", "#1"],
    ]) {
      const refused = world.run(change);
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toMatch(
        /the store is read-only: record \d+ of its log, of type 'teleport', is marked critical/,
      );
      expect(refused.stderr).toContain("A newer version of store wrote it");
    }
    for (const words of [["add", world.source("z-1", { z: "" })], ["gc"]]) {
      expect(world.run(words)).toMatchObject({ status: 1, stderr: expect.stringContaining("the store is read-only") });
    }
    expect(readFileSync(world.segment, "utf8")).toBe(before);
    expect(world.done("list", "--json").json()).toHaveLength(2);
    expect(world.done("state", "--at", "#1", "--json").json()).toMatchObject({ generation: 1 });
    expect(world.done("log").stdout).toContain("teleport");
  });

  it.each([
    { type: "teleport", crit: true },
    { type: "begin", v: 2 },
  ])("keeps every command from changing what is no transaction: %o", (members) => {
    const world = threeGenerations();
    const spare = world.done("add", world.source("spare-1", { spare: "" })).stdout.trim();
    const recipes = world.tree({
      "r/recipe.yaml": `name: r\nversion: 1\nbuild: script\nphases: {install: touch ${world.root}/built}\n`,
    });
    const list = `${world.root}/manifests/${spare.split("/").at(-1)}.files`;
    world.done("root", "add", spare, "--name", "kept");
    unlinkSync(list);
    append(world, members);
    const before = contentOf(world.root);
    for (const change of [
      ["delete", spare],
      ["root", "add", spare],
      ["root", "add", spare, "--link", join(world.directory, "link")],
      ["root", "remove", "kept"],
      ["config", "gc.keep-last", "3"],
      ["config", "--unset", "gc.keep-last"],
      ["archive", "add", spare],
      ["archive", "prune"],
      ["fetch", "--recipes", recipes, "r"],
      ["build", "--recipes", recipes, "--sandbox", "off", "r"],
      ["verify", "--repair"],
    ]) {
      const refused = world.run(change);
      expect([change, refused.status, contentOf(world.root)]).toEqual([change, 1, before]);
      expect(refused.stderr).toMatch(/newer version of store/);
    }
    expect(world.run(["delete", "--dry-run", spare]).stderr).toContain("'kept'");
  });

  /** Paths and sizes, but for what a program keeps for itself. */
  function contentOf(root: string): string[] {
    const kept = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
      (path) => !/^(index|locks|tmp)(\/|$)|^roots\/leases/.test(path),
    );
    return kept.sort().map((path) => `${path} ${lstatSync(join(root, path)).size}`);
  }
});

describe("store plan and store revert", () => {
  it("tell the same, and then it is done; being there is told with the step before", () => {
    const world = threeGenerations();
    const planned = world.done("plan", "#1").stdout;
    expect(planned).toMatch(
      /^gen-1 was live at .*\ngen-3 → gen-1\n2 packages removed, 1 restored\n- b 1\n~ a \{2 -> 1\}\n$/,
    );
    expect(world.done("state").stdout).toMatch(/^gen-3 /);
    const done = world.done("--revert", "#1");
    expect(done.stdout).toBe(`${planned}gen-1 is live  (transaction #5)\n`);
    expect(done.stderr).toBe("To go back: store switch -\n");
    expect(world.done("revert", "gen-1").stdout).toBe(
      "gen-1 is live already: nothing to do\nThe step before is gen-3: store revert gen-3\n",
    );
  });

  it("record a journal that takes it back, as a command and as --revert", () => {
    const world = threeGenerations();
    for (const command of [
      ["revert", "gen-1", "--tracking-journal", "one"],
      ["--revert", "gen-1", "--tracking-journal", "two"],
    ]) {
      world.done(...command);
      world.done("rollback", "--journal", command.at(-1) ?? "");
      expect(world.done("state").stdout).toMatch(/^gen-3 /);
    }
  });

  it("give the same change as JSON", () => {
    const world = threeGenerations();
    const {
      transaction: _,
      changed: __,
      fetch,
      build,
      ...planned
    } = world.done("plan", "--json", "gen-1").json<Record<string, unknown>>();
    const { transaction, changed, ...done } = world.done("--json", "--revert=gen-1").json<Record<string, unknown>>();
    expect([transaction, changed, fetch, build]).toEqual([5, true, [], []]);
    expect(done).toEqual(planned);
    expect(done).toMatchObject({ from: 3, to: 1, at: null, removed: [{ name: "b" }], upgraded: [{ name: "a" }] });
  });

  it("compare generations with sizes and files", () => {
    const world = threeGenerations();
    expect(world.done("diff", "gen-1", "--files").stdout).toBe(
      [
        "gen-1 → gen-3",
        "+ b 1",
        "~ a {1 -> 2}",
        "files: 2 added, 0 removed, 1 changed",
        "  + bin/b",
        "  + share/a",
        "  ~ bin/a",
        "closure: 1 B → 2 B (+1 B), 1 → 2 objects",
        "",
      ].join("\n"),
    );
    const json = world.done("diff", "gen-1", "--json").json();
    expect(json).toMatchObject({
      closure: { from: { objects: 1, bytes: 1 }, to: { objects: 2, bytes: 2, missing: [] } },
    });
    expect(json).not.toHaveProperty("files");
  });
});
