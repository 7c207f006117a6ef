import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { readLog } from "../../../src/operations/history/read-log.ts";
import { planRevert } from "../../../src/operations/history/revert.ts";
import { stateAt } from "../../../src/operations/history/state-at.ts";
import { writeLongHistory } from "../../helpers/long-history.ts";
import { patchFs } from "../../helpers/patch-fs.ts";
import { DEFAULT, installFrom, logRecords, makeProfileWorld, START, switchTo } from "../../helpers/profile-worlds.ts";

/** What is read of the log's files, in bytes. */
function countReads(): { bytes: number } {
  const count = { bytes: 0 };
  const logs = new Set<number>();
  patchFs("openSync", (original) => (...args: Parameters<typeof fs.openSync>) => {
    const fd = original(...args);
    if (/\/log\/\d+\.jsonl$/.test(String(args[0]))) logs.add(fd);
    else logs.delete(fd);
    return fd;
  });
  patchFs("readSync", (original) => (...args: never[]) => {
    const read = (original as (...args: never[]) => number)(...args);
    if (logs.has(args[0] as unknown as number)) count.bytes += read;
    return read;
  });
  return count;
}

describe("a log of 20,000 records", () => {
  it("is not read whole by a question, a listing of the last, or a switch", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    await installFrom(store, world.source("b-1", { b: "" }));
    await writeLongHistory({ root: world.root, generations: 5000, end: START });
    world.clock.now = START + 60_000;
    expect(logRecords(store).length).toBeGreaterThan(20_000);
    const size = fs
      .readdirSync(store.layout.log)
      .reduce((sum, name) => sum + fs.statSync(`${store.layout.log}/${name}`).size, 0);
    const count = countReads();
    const share = async (action: () => Promise<unknown>) => {
      count.bytes = 0;
      await action();
      return count.bytes / size;
    };
    const last = async () => {
      const found = [];
      for (const item of await readLog(store, { limit: 20 })) found.push(item);
      expect(found).toHaveLength(20);
    };
    expect(await share(() => world.open())).toBe(0);
    expect(await share(last)).toBeLessThan(0.03);
    expect(await share(() => stateAt(store, DEFAULT, { selector: "100 days ago" }))).toBeLessThan(0.2);
    expect(await share(() => planRevert(store, DEFAULT, { selector: "#3000" }))).toBeLessThan(0.2);
    expect(await share(() => switchTo(store, "gen-4000"))).toBeLessThan(0.1);
    expect(count.bytes).toBeGreaterThan(0);
    const then = await stateAt(store, DEFAULT, { selector: "100 days ago" });
    expect(then).toMatchObject({ generation: 5000 - 2400, packages: [{ name: "a" }, { name: "b" }] });
  });
});
