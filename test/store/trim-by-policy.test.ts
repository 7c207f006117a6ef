import { expect, it } from "vitest";
import { changeSetting } from "../../src/operations/upkeep/config.ts";
import { installFrom, logRecords, makeProfileWorld, switchTo } from "../helpers/profile-worlds.ts";

const DAY = 86_400_000;

it("a log is trimmed by the settings of the store, when a snapshot is written", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  await changeSetting(store, { key: "log.keep-days", values: ["30"] });
  await changeSetting(store, { key: "log.keep-last", values: ["5"] });
  await installFrom(store, world.source("a-1", { a: "" }));
  const types = () => logRecords(store).map(({ event }) => event.type);
  const changes = async (count: number) => {
    for (let change = 0; change < count; change++) await switchTo(store, change % 2 === 0 ? "gen-0" : "gen-1");
  };
  await changes(64);
  expect(types()).toContain("snapshot");
  expect(types()).not.toContain("trim");
  world.clock.now += 31 * DAY;
  await changes(66);
  expect(types()[0]).toBe("snapshot");
  const trim = logRecords(store).find(({ event }) => event.type === "trim");
  expect(trim?.members).toMatchObject({ policy: true, keepLast: 5, dropped: { transactions: expect.any(Number) } });
  const [first] = logRecords(store);
  expect(first?.replaces?.first).toBe(1);
  expect(world.clock.now - Date.parse(logRecords(store)[1]?.time ?? "")).toBeLessThan(30 * DAY);
});
