import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GenerationCheck } from "../../../src/operations/profiles/check-generation.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import type { RunOptions } from "../../../src/operations/run-options.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { objectPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  installFrom,
  liveFiles,
  logRecords,
  logTypes,
  makeProfileWorld,
  type ProfileWorld,
  profileDirectory,
} from "../../helpers/profile-worlds.ts";

const ENV = { PATH: process.env.PATH ?? "", HOME: "/nowhere" };

/** A store with the program `tool`, version 1, whose source says something else since. */
async function toolWorld(): Promise<{
  world: ProfileWorld;
  store: Store;
  check: (command: string) => GenerationCheck;
}> {
  const world = makeProfileWorld();
  const store = await world.open({ env: ENV });
  const from = world.source("tool-1", { "bin/tool": { exec: "#!/bin/sh\necho old" } });
  await installFrom(store, from);
  world.tree({ "bin/tool": { exec: "#!/bin/sh\necho new" } }, from);
  return { world, store, check: (command) => ({ command, cwd: world.directory }) };
}

function upgradeWith(store: Store, check: GenerationCheck, run: RunOptions = {}) {
  return upgrade(store, { profile: DEFAULT, names: [], input: { cwd: "/" }, check }, run);
}

describe("the check of a coming generation", () => {
  it("runs in it before it is live, and lets it go live", async () => {
    const { world, store, check } = await toolWorld();
    const lines: string[] = [];
    const command = [
      "tool > seen",
      'echo "$STORE_PROFILE $STORE_CHECK_GENERATION $HOME"; readlink "$STORE_ROOT/profiles/default/current" >&2',
      '"$STORE_CHECK_FOREST/bin/tool"; printf open',
    ].join("\n");
    const onEvent: RunOptions["onEvent"] = (event) => void (event.kind === "checking" && lines.push(event.line));
    expect(await upgradeWith(store, check(command), { onEvent })).toMatchObject({ from: 1, to: 2, changed: true });
    expect(readFileSync(join(world.directory, "seen"), "utf8")).toBe("new\n");
    expect(lines.sort()).toEqual(["default gen-2 /nowhere", "gen-1", "new", "open"]);
    const { path } = readGeneration(store, DEFAULT, 2 as never);
    expect(existsSync(join(objectPath(store.layout, path), "bin/tool"))).toBe(true);
    expect(logRecords(store).at(-4)?.event).toMatchObject({ type: "begin", plan: { check: command, upgrade: [] } });
  });

  it("leaves the profile as it was when it fails, and the log says why", async () => {
    const { store, check } = await toolWorld();
    const before = profileDirectory(store);
    const error = await caughtAsync(upgradeWith(store, check("tool; echo bad news >&2; exit 3")));
    expect(error).toMatchObject({
      code: "CHECK_FAILED",
      message: "the check `tool; echo bad news >&2; exit 3` ended with exit status 3: bad news",
      details: { exitCode: 3, output: expect.arrayContaining(["new", "bad news"]) },
    });
    expect(profileDirectory(store)).toEqual(before);
    expect(liveFiles(store)).toEqual({ "bin/tool": "#!/bin/sh\necho old" });
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
    expect(logRecords(store).at(-1)?.event).toMatchObject({ reason: { code: "CHECK_FAILED" } });
    expect(brokenRules(store)).toEqual([]);
    expect(await upgradeWith(store, check("true"))).toMatchObject({ to: 2 });
  });

  it.each([
    ["kill -9 $$", "was killed by SIGKILL"],
    ["no-such-command", "ended with exit status 127"],
  ])("does not take `%s` for a success", async (command, how) => {
    const { store, check } = await toolWorld();
    const error = (await caughtAsync(upgradeWith(store, check(command)))) as Error;
    expect(error.message).toContain(how);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
  });

  it("is ended with all that it started when the change is interrupted", async () => {
    const { world, store, check } = await toolWorld();
    const stop = new AbortController();
    const command = "(sleep 300 & echo $! > pid; wait); touch went-on";
    const onEvent: RunOptions["onEvent"] = (event) => void (event.kind === "checking" && stop.abort(new Error("stop")));
    const begun = upgradeWith(store, check(`echo begins; ${command}`), { onEvent, signal: stop.signal });
    expect(await caughtAsync(begun)).toMatchObject({ message: "stop" });
    expect(existsSync(join(world.directory, "went-on"))).toBe(false);
    expect(readlinkSync(join(world.root, "profiles/default/current"))).toBe("gen-1");
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
  });

  it("has nothing to do where nothing changes", async () => {
    const { world, store, check } = await toolWorld();
    await upgradeWith(store, check("true"));
    expect(await upgradeWith(store, check("false"))).toMatchObject({ changed: false });
    const packages = [{ from: world.source("more-1", { more: "" }), cwd: "/" }];
    writeFileSync(join(world.directory, "word"), "here");
    const request = {
      profile: DEFAULT,
      packages,
      check: check('grep -q here word && test -e "$STORE_CHECK_FOREST/more"'),
    };
    expect(await install(store, request)).toMatchObject({ to: 3 });
  });
});
