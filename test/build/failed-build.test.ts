import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { debugBuild } from "../../src/build/debug-spec.ts";
import type { ProfileName } from "../../src/model/ids.ts";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { buildLogOf } from "../../src/operations/building/build-log-of.ts";
import { debugFailedBuild } from "../../src/operations/building/debug-build.ts";
import { gc } from "../../src/operations/collection/gc.ts";
import { type FailedBuild, failedTreePath, listFailedLogs } from "../../src/store/failed-builds.ts";
import { listObjects } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { listProcesses } from "../../src/system/process/process-table.ts";
import { canSandbox, makeBuildWorld } from "../helpers/build-world.ts";
import { caughtAsync } from "../helpers/caught.ts";

const hasSandbox = await canSandbox();

/** What lies in a store beside what is valid. */
function leftovers(store: Store): string[] {
  const valid = readdirSync(store.layout.manifests);
  return [
    ...readdirSync(store.layout.temporary),
    ...readdirSync(store.layout.storeDir).filter((name) => !valid.includes(`${name}.json`)),
  ];
}

/** Command lines of processes that hold the text. */
function processesWith(text: string): string[] {
  return [...listProcesses()].map(commandLineOf).filter((line) => line.includes(text));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function script(text: string): string {
  return `build: script\nphases:\n  build: |\n${text.replace(/^/gm, "    ")}\n  install: mkdir "$out"\n`;
}

describe("a build that fails", () => {
  it("in its build phase says what, where and why, and how to go on", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { error } = await world.failure(store, "failing");
    expect(error.code).toBe("BUILD_FAILED");
    const lines = error.message.split("\n");
    expect(lines[0]).toBe("failing@1.0 phase=build failed in phase build: `cc -c broken.c` ended with exit status 1");
    expect(lines[1]).toMatch(/^ {2}line \d+: broken\.c:2:\d+: error: .*undefined_here/);
    const log = error.details.log as string;
    expect(lines.at(-1)).toBe(`  whole log: ${log}`);
    expect(gunzipSync(readFileSync(log)).toString()).toMatch(/^building\nbroken\.c/);
    expect(error.hint).toMatch(/store log-of failing@1\.0.*--keep-failed.*store debug failing@1\.0/);
    expect(error.details).toMatchObject({
      package: "failing@1.0 phase=build",
      phase: "build",
      exitCode: 1,
      reason: "exited",
    });
    expect(leftovers(store)).toEqual([]);
    expect(listFailedLogs(store)).toMatchObject([{ name: "failing", phase: "build" }]);
    const ofLog = buildLogOf(store, "default" as ProfileName, { what: "failing", cwd: "/" });
    expect([ofLog.record, ofLog.text.toString().split("\n")[0]]).toEqual([undefined, "building"]);
  });

  it.each([
    ["unpack", "unpack", /tar xf missing\.tar.*exit status 2/],
    ["patch", "patch", /patch -p1 -i missing\.patch.*exit status 2/],
    ["configure", "configure", /configure-missing.*exit status 127/],
    ["check", "check", /false.*exit status 1/],
    ["install", "install", /`exit 7`|exit status 7/],
    ["nothing", "install", /it installed nothing at \$out/],
    ["file", "install", /what it installed at \$out is no directory/],
  ])("with %s tells the phase and the command", async (option, phase, how) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { error } = await world.failure(store, `failing phase=${option}`);
    expect([error.code, error.details.phase, error.message.split("\n")[0]]).toEqual([
      "BUILD_FAILED",
      phase,
      expect.stringMatching(how),
    ]);
  });

  it("leaves nothing in the storeDir when it had no sandbox", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await world.failure(store, "failing phase=install", { sandbox: "off" });
    expect(leftovers(store)).toEqual([]);
    await world.failure(store, "failing phase=install", { sandbox: "off", keepFailed: true });
    expect(leftovers(store)).toEqual([]);
    const { key } = listFailedLogs(store)[0] as FailedBuild;
    expect(readdirSync(join(failedTreePath(store, key), "world")).map((name) => name.slice(33))).toEqual([
      "failing-1.0",
    ]);
  });

  it.each([
    ["a phase", "if then\n  echo x", "line 1: syntax error near unexpected token `then'"],
    ["the end of a phase", 'echo a\necho "b', "line 2: unexpected EOF while looking for matching `\"'"],
  ])("since bash cannot read %s names it", async (_, text, why) => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("unread", `${script(text)}  configure: echo configured\n`);
    const { error } = await world.failure(await world.buildStore(), "unread");
    expect(error.message.split("\n")[0]).toBe(`unread@1 failed in phase build: bash cannot read it: ${why}`);
    expect(error.details.phase).toBe("build");
  });

  it("after a phase and a message without a line feed names the phase and the command", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("unended", `${script("printf 'error: no bar'\nfalse")}  configure: printf 'checking... '\n`);
    const { error } = await world.failure(await world.buildStore(), "unended");
    const [first, ...others] = error.message.split("\n");
    expect(first).toBe("unended@1 failed in phase build: `false` ended with exit status 1");
    expect(others.slice(0, -1)).toEqual([
      "  line 2: error: no bar",
      "  the log ends:",
      "  | checking... ",
      "  | error: no bar",
    ]);
  });

  it("names the command that ended it, and none that failed after `set +e`; `set -x` shows only the phase's own", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("traced", script("set +e\nfalse\nset -e\nset -x\ntest -e /nowhere"));
    const { error } = await world.failure(await world.buildStore(), "traced");
    const [first, ...others] = error.message.split("\n");
    expect(first).toBe("traced@1 failed in phase build: `test -e /nowhere` ended with exit status 1");
    expect(others.slice(0, -1)).toEqual(["  the log ends:", "  | + test -e /nowhere"]);
  });

  it("without having said anything is told so", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("silent", script("exit 3"));
    const { error } = await world.failure(await world.buildStore(), "silent");
    expect(error.message.split("\n").slice(1)).toEqual(["  the log is empty", expect.stringContaining("whole log")]);
  });

  it("since it installed a pipe names it by its place in $out", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("piped", "build: script\nphases:\n  install: mkdir -p $out/d; mkfifo $out/d/pipe\n");
    for (const sandbox of ["auto", "off"] as const) {
      const { error } = await world.failure(await world.buildStore(), "piped", { sandbox });
      expect(error.message).toBe(
        "piped@1 installed what cannot be stored: $out/d/pipe is neither a file, a directory nor a symlink",
      );
    }
  });

  it("says nothing where a phase reads what a command says", async () => {
    const world = makeBuildWorld({ memory: true });
    const text =
      'mkdir "$out"; x=$(false; echo a) || :; y=$(grep -c z /dev/null) || :; echo "$x-$y-$(cat /missing 2>/dev/null)" > "$out/x"';
    world.recipe("reads", `build: script\nphases:\n  install: |\n    ${text}\n`);
    const { built } = await world.build(await world.buildStore(), "reads");
    expect(readFileSync(join(built[0]?.path ?? "", "x"), "utf8")).toBe("a-0-\n");
  });

  it("names the first line of the command that failed, wherever it stands", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const failing = async (text: string) => {
      world.recipe("says", script(text));
      return /`(.*)` ended/.exec((await world.failure(store, "says")).error.message.split("\n")[0] ?? "")?.[1];
    };
    expect(await failing("f() { ls /missing; }\ntrue\nf")).toBe("ls /missing");
    expect(await failing("x=$(false)")).toBe("x=$(false)");
    expect(await failing("sh -c 'true\nfalse'")).toBe("sh -c 'true");
  });

  it("is forgotten as failed when it succeeds", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe(
      "moody",
      'sources: [{worktree: tree}]\nbuild: script\nphases: {install: "mkdir $out; exit $(cat status)"}\n',
    );
    world.tree({ status: "3" }, join(world.recipes, "moody/tree"));
    await world.failure(store, "moody", { keepFailed: true });
    expect(listFailedLogs(store).length).toBe(1);
    world.tree({ status: "0" }, join(world.recipes, "moody/tree"));
    expect((await world.build(store, "moody")).started).toEqual(["moody@1"]);
  });

  it("because of an undeclared dependency names what is missing", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, "liba");
    const { error } = await world.failure(store, "undeclared");
    expect(error.message).toMatch(/fatal error: liba\.h: No such file/);
    expect(error.details).toMatchObject({ errors: [{ subject: "liba.h" }] });
    expect(error.message).toContain(`not visible in the build: ${built[0]?.baseName}`);
    expect(error.hint).toContain(`Add the package of ${built[0]?.baseName} to \`dependencies\``);
  });

  it("because its sources have a patch already says so and takes nothing out", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("known", "sources: [{path: src}]\npatches: [other.patch, fix.patch]\nbuild: copy\n");
    world.tree(
      {
        "src/file": "fixed\n",
        "src/more": "new\n",
        "other.patch": "--- a/more\n+++ b/more\n@@ -1 +1 @@\n-new\n+newer\n",
        "fix.patch": "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-wrong\n+fixed\n",
      },
      join(world.recipes, "known"),
    );
    const { error } = await world.failure(await world.buildStore(), "known");
    expect([error.code, error.details.phase]).toEqual(["BUILD_FAILED", "patch"]);
    expect(error.message).toContain("0002-fix.patch");
    expect(error.message).toContain("the sources seem to have it already: known/fix.patch");
    expect(error.hint).toContain("Take known/fix.patch out of the patches");
  });

  it.runIf(hasSandbox)("because of a store path that it was not given names the object", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, ["liba", "tree"]);
    const [liba, tree] = built as readonly [BuiltPackage, BuiltPackage];
    world.recipe(
      "sneaky",
      `dependencies: {link: [tree]}\n${script(`ls \${dep_tree%/*}/${tree.baseName}/missing || :\ncat \${dep_tree%/*}/${liba.baseName}/share/liba/words`)}`,
    );
    const { error } = await world.failure(store, "sneaky");
    expect(error.message).toContain(`not visible in the build: ${liba.baseName}`);
    expect(error.hint).toContain(`Add the package of ${liba.baseName} to \`dependencies\``);
  });
});

describe("a kept tree", () => {
  const shell = 'pwd; cat half-made; echo "name=$name phase $out" | tr 0/ Z:; exit 5\n';

  it.runIf(hasSandbox && existsSync("/usr/bin/script"))("opens in a shell in the same sandbox", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore("s", { STORE_ROOT: join(world.directory, "s") });
    world.recipe("half", `directory: inner\n${script("echo made > half-made; false")}  patch: mkdir inner\n`);
    await world.failure(store, "half", { keepFailed: true });
    const env = { ...process.env, STORE_ROOT: store.layout.root, TERM: "dumb" };
    const said = spawnSync("script", ["-qec", `${process.execPath} bin/store debug half`, "/dev/null"], {
      env,
      input: shell,
      encoding: "utf8",
    });
    expect(said.stdout).toMatch(/^\/build\/inner\r?$/m);
    expect(said.stdout).toMatch(/^made\r?$/m);
    expect(said.stdout).toMatch(/^name=half phase :store:pkgs_+:Z{32}-half-1\r?$/m);
    expect(said.status).toBe(5);
  });

  it.runIf(hasSandbox).each([["auto"], ["off"]] as const)(
    "has the output that was refused; sandbox %s",
    async (sandbox) => {
      const world = makeBuildWorld({ memory: true });
      const store = await world.buildStore("s", { STORE_ROOT: join(world.directory, "s") });
      const make = "mkdir $out; echo text > $out/file; cp $out/file $out/same";
      world.recipe("known", `build: script\nphases: {install: "${make}"}\n`);
      world.recipe("piped", `build: script\nphases: {install: "${make}; mkfifo $out/p"}\n`);
      world.recipe(
        "telling",
        `dependencies: {build: [known]}\nreferences: {disallow: [known]}\nbuild: script\nphases: {install: "${make}; echo $dep_known > $out/path"}\n`,
      );
      await world.build(store, "known", { sandbox });
      const env = { ...process.env, STORE_ROOT: store.layout.root, TERM: "dumb" };
      const debug = (name: string, input: string) =>
        spawnSync(process.execPath, ["bin/store", "debug", name], { env, input, encoding: "utf8" }).stdout;
      for (const [name, last] of [
        ["piped", "p"],
        ["telling", "path"],
      ] as const) {
        await world.failure(store, name, { keepFailed: true, sandbox });
        expect(debug(name, "cd $out && ls && cat file && stat -c %h file")).toBe(
          `${["file", last, "same"].sort().join("\n")}\ntext\n1\n`,
        );
        expect(leftovers(store)).toEqual([]);
      }
    },
  );

  it("is found by the version, by what messages call it, and by the path of its recipe", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const text = (version: string) =>
      `version: "${version}"\noptions: {a: {default: true}}\n${script(`echo log ${version}; [ ${version} != 2 ]`)}`;
    const write = (version: string) => world.tree({ "recipe.yaml": text(version) }, join(world.recipes, "twice"));
    const logOf = (what: string) =>
      String(buildLogOf(store, "default" as ProfileName, { what, cwd: world.recipes }).text);
    for (const version of ["2", "3"]) {
      write(version);
      await (version === "2" ? world.failure(store, "twice", { keepFailed: true }) : world.build(store, "twice"));
    }
    for (const what of ["twice@2", "twice@2+a"]) expect(logOf(what)).toBe("log 2\n");
    for (const what of ["twice", "twice@3", "twice@3+a", "./twice"]) expect(logOf(what)).toBe("log 3\n");
    for (const what of ["twice@2~a", "twice@4", "twic"]) expect(() => logOf(what)).toThrow("no log of a build");
    const debug = (what: string) => caughtAsync(debugFailedBuild(store, { what, cwd: world.recipes }));
    expect(String(await debug("twice@3"))).toContain("no tree of a failed build of 'twice@3' was kept");
    write("2");
    // Without its note there is nothing to open; what is asked for is found all the same.
    const { key } = listFailedLogs(store)[0] as FailedBuild;
    unlinkSync(join(failedTreePath(store, key), "debug.json"));
    for (const what of ["twice", "twice@2", "twice@2+a", "./twice"])
      expect(String(await debug(what))).toContain(
        `there is no tree of a failed build in ${failedTreePath(store, key)}`,
      );
  });

  it("is not there unless it was asked for", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await world.failure(store, "failing");
    const { key } = listFailedLogs(store)[0] as FailedBuild;
    expect(await caughtAsync(debugBuild(failedTreePath(store, key), undefined))).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(hasSandbox ? (["auto", "off"] as const) : (["off"] as const))(
    "tells which inputs were collected meanwhile, and what to do; sandbox %s",
    async (sandbox) => {
      const world = makeBuildWorld({ memory: true });
      const store = await world.buildStore();
      world.recipe("needy", `dependencies: {link: [liba]}\n${script("false")}`);
      await world.failure(store, "needy", { keepFailed: true, sandbox });
      // A collection spares what a process of the build, which ends just now, is still seen to use.
      do await gc(store, {});
      while (listObjects(store).some((object) => object.endsWith("-liba-1.0")));
      expect(await caughtAsync(debugFailedBuild(store, { what: "needy", cwd: "/" }))).toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringMatching(
          /^what the build was given is not in the store any more: [a-z2-7]{32}-liba-1\.0$/,
        ),
        hint: "Build it again with --keep-failed.",
      });
    },
  );

  it.runIf(hasSandbox)("of a sandboxed build is never opened outside of one", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await world.failure(store, "failing", { keepFailed: true });
    const { key } = listFailedLogs(store)[0] as FailedBuild;
    expect(await caughtAsync(debugBuild(failedTreePath(store, key), undefined))).toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("limits", () => {
  it.each([
    ["of time", "sleep 60", { timeoutSeconds: 1 }, "timeout", "it took longer than 1 second"],
    ["of silence", "echo once; sleep 60", { silentTimeoutSeconds: 1 }, "silent", "it said nothing for 1 second"],
    ["of the log", "yes", { maxLogBytes: 10_000 }, "log-limit", "its log became longer than 9.8 KiB"],
    [
      "of disk",
      "head -c 20000000 /dev/zero > big; sleep 60",
      { maxDiskBytes: 5_000_000 },
      "disk-limit",
      "it used more than 4.8 MiB of disk",
    ],
    [
      "of disk, by what a quick build leaves,",
      "head -c 20000000 /dev/zero > big",
      { maxDiskBytes: 5_000_000 },
      "disk-limit",
      "it used more than 4.8 MiB of disk",
    ],
  ])("%s end a build", async (_, text, settings, reason, how) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("endless", script(`: mark-${reason}\n${text}`));
    const { error } = await world.failure(store, "endless", settings);
    expect([error.code, error.details.reason, error.message]).toEqual([
      "BUILD_FAILED",
      reason,
      expect.stringContaining(how),
    ]);
    expect(leftovers(store)).toEqual([]);
  });

  it("stand in the recipe, too; the command's win", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("slow", `silentTimeout: 1\n${script("sleep 2")}`);
    expect((await world.failure(store, "slow")).error.details.reason).toBe("silent");
    expect((await world.build(store, "slow", { silentTimeoutSeconds: 30 })).started).toEqual(["slow@1"]);
  });
});

describe.each([...(hasSandbox ? (["auto"] as const) : []), "off"] as const)(
  "an interruption with the sandbox %s",
  (sandbox) => {
    it("ends every process and leaves nothing", async () => {
      const world = makeBuildWorld({ memory: true });
      const store = await world.buildStore();
      world.recipe(
        "long",
        script(
          `(setsid sleep 98765${sandbox === "off" ? 1 : 2} &)\nmkdir -p "$out"\necho running\nsleep 98765${sandbox === "off" ? 1 : 2}`,
        ),
      );
      const stop = new AbortController();
      world.recipe("never", script("true").replace(/^/, "dependencies: {build: [long]}\n"));
      const { error, events } = await world.failure(store, "never", {
        sandbox,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.kind === "building" && event.event.kind === "line") stop.abort(new Error("stopped by hand"));
        },
      });
      expect(error.message).toBe("stopped by hand");
      expect(processesWith(`98765${sandbox === "off" ? 1 : 2}`)).toEqual([]);
      expect(leftovers(store)).toEqual([]);
      expect(listFailedLogs(store)).toMatchObject([{ id: "long@1", interrupted: true }]);
      const finished = events.flatMap((event) =>
        event.kind === "building" && event.event.kind === "finished" ? [event.event.result] : [],
      );
      expect(finished).toEqual([{ id: "long@1", state: "interrupted" }]);
      const log = buildLogOf(store, "default" as ProfileName, { what: "long", cwd: world.directory });
      expect([log.outcome, String(log.text)]).toEqual(["interrupted", "running\n"]);
      expect(String(await caughtAsync(debugFailedBuild(store, { what: "long", cwd: "/" })))).toContain(
        "was interrupted",
      );
    });
  },
);
