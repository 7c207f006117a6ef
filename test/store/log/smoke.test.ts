import { expect, it } from "vitest";
import { findAt } from "../../../src/store/log/history.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { readTransactions } from "../../../src/store/log/transactions.ts";
import { transactionLine } from "../../../src/model/transaction-line.ts";
import { openLogWorld, pack, recordsOf, segmentBytes } from "../../helpers/log-world.ts";
it("smoke", async () => {
  using world = openLogWorld({ segmentBytes: 1 << 20 });
  const t = performance.now();
  for (let i = 0; i < 1000; i += 1) {
    world.clock.now += 60_000;
    await world.install([pack("a", `1.${i}`), pack("b"), pack(`c${i % 7}`)]);
    if (i % 10 === 9) await world.switchTo(i - 3);
  }
  console.log("append ms", performance.now() - t, [...segmentBytes(world.directory)].map(([n, b]) => [n, b.length]));
  const t1 = performance.now();
  const v = verifyLog(world.log, world.states());
  console.log(v, performance.now() - t1);
  const t2 = performance.now();
  const a = findAt(world.log, world.clock.now - 60_000 * 500, "default");
  console.log(performance.now() - t2, JSON.stringify(a).slice(0, 600));
  const t3 = performance.now();
  let n = 0;
  for (const s of readTransactions(world.log)) { if (n++ < 5 && "tx" in s) console.log(transactionLine(s, { now: world.clock.now, timeZone: "Europe/Berlin" })); else break; }
  console.log(performance.now() - t3);
  console.log(segmentBytes(world.directory).get("000001.jsonl")?.subarray(0, 2500).toString());
  expect(recordsOf(world.log).length).toBe(v.records);
});
