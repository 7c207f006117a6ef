import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { tryAcquireLock } from "../../src/system/lock.ts";
import { listProcesses } from "../../src/system/process/process-table.ts";
import { makeTar } from "../helpers/archives.ts";
import { canSandbox } from "../helpers/build-world.ts";
import { makeStoreWorld } from "../helpers/run-store.ts";

const hasSandbox = await canSandbox();

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s during an add leaves nothing and ends with 130",
  async (signal) => {
    const world = makeStoreWorld();
    world.done("init");
    const archive = join(world.directory, "big-1.tar");
    const members = Array.from({ length: 30_000 }, (_, at) => ({
      name: `d${at % 100}/f${at}`,
      content: `content ${at}`,
    }));
    writeFileSync(archive, makeTar(members));
    const child = world.start(["add", archive]);
    const text = collect(child.stderr);
    await until(() => readdirSync(join(world.root, "tmp")).length > 0);
    child.kill(signal);
    const [status] = await once(child, "close");
    expect([status, await text]).toEqual([130, `error: interrupted (${signal})\n`]);
    for (const directory of ["tmp", "manifests"]) expect(readdirSync(join(world.root, directory))).toEqual([]);
    expect(readdirSync(join(world.root, `pkgs${"_".repeat(48 - world.root.length - 5)}`))).toEqual([]);
  },
);

test("who waits for a lock can be interrupted", async () => {
  const world = makeStoreWorld();
  world.done("install", world.source("hello-1", { hello: "" }));
  using _lock = tryAcquireLock(join(world.root, "locks/profile-default"), "test", () => new Date());
  const child = world.start(["switch", "gen-0", "--json"]);
  const [waiting] = await once(child.stderr, "data");
  expect(JSON.parse(String(waiting))).toMatchObject({ waiting: { pid: process.pid, command: "test" } });
  const text = collect(child.stderr);
  child.kill("SIGINT");
  expect((await once(child, "close"))[0]).toBe(130);
  expect(JSON.parse(await text)).toMatchObject({ error: { code: "INTERRUPTED", details: { signal: "SIGINT" } } });
  expect(existsSync(join(world.root, "profiles/default/current"))).toBe(true);
});

test.runIf(hasSandbox)("a build dies with the program, even when that is killed", async () => {
  const world = makeStoreWorld();
  const mark = `killed-${world.directory.slice(-6)}`;
  mkdirSync(join(world.directory, "recipes/sleeper"), { recursive: true });
  writeFileSync(
    join(world.directory, "recipes/sleeper/recipe.yaml"),
    `name: sleeper\nversion: "1"\nbuild: script\nphases: {install: "setsid bash -c 'sleep 1000; : ${mark}' & wait"}\n`,
  );
  const args = ["build", "--sandbox=required", "--no-progress", "-v", "--recipes", "recipes", "sleeper"];
  const child = world.start(args);
  const isRunning = (): boolean => listProcesses().some((pid) => commandLineOf(pid).includes(mark));
  await until(isRunning);
  child.kill("SIGKILL");
  await until(() => !isRunning());
});

test.each([["gc"], ["build", "--sandbox=off", "--recipes", "recipes", "other"]])(
  "what a build without a sandbox left running when the program was killed is ended by the next %s, and nothing else is",
  async (...next) => {
    const world = makeStoreWorld();
    const mark = `left-${world.directory.slice(-6)}`;
    const recipe = (name: string, install: string) => {
      mkdirSync(join(world.directory, "recipes", name), { recursive: true });
      const text = `name: ${name}\nversion: "1"\nbuild: script\nphases: {install: "${install}"}\n`;
      writeFileSync(join(world.directory, "recipes", name, "recipe.yaml"), text);
    };
    const sleeping = (what: string) => `setsid bash -c 'sleep 1000; : ${what}-${mark}'`;
    recipe("sleeper", `mkdir $out; ${sleeping("detached")} & ${sleeping("waited")}`);
    recipe("living", `mkdir $out; ${sleeping("living")}`);
    recipe("other", "mkdir $out");
    const start = (name: string) => world.start(["build", "--sandbox=off", "--recipes", "recipes", name]);
    const isRunning = (what: string): boolean =>
      listProcesses().some((pid) => commandLineOf(pid).includes(`sleep 1000; : ${what}-${mark}`));
    const [killed, living] = [start("sleeper"), start("living")];
    await until(() => ["detached", "waited", "living"].every(isRunning));
    killed.kill("SIGKILL");
    await once(killed, "close");
    expect(["detached", "waited"].map(isRunning)).toEqual([true, true]);
    world.done(...next);
    expect(["detached", "waited", "living"].map(isRunning)).toEqual([false, false, true]);
    living.kill("SIGTERM");
    expect((await once(living, "close"))[0]).toBe(130);
    expect(isRunning("living")).toBe(false);
  },
);

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}
