import { writeSync } from "node:fs";
import { appendRecords } from "../../../src/store/log/append.ts";
import { repairLog } from "../../../src/store/log/repair.ts";
import { resealLog } from "../../../src/store/log/reseal.ts";
import { openLog } from "../../../src/store/log/transaction-log.ts";
import { trimLog } from "../../../src/store/log/trim.ts";
import { keepMoments, killAt } from "../../helpers/kill-at.ts";

/** Arguments: log directory, lock file, what to do, how often, and the call at which to die (0: live), or where to keep what lies there at each call. */
const [directory = "", lockFile = "", action = "", count = "1", step = "0"] = process.argv.slice(2);
const log = openLog(directory, {
  lockFile,
  command: "child",
  now: () => new Date(),
  zone: "UTC",
  segmentBytes: 2000,
});
let acknowledged = "";
function acknowledge(text: string | number): void {
  writeSync(1, `${text}\n`);
  acknowledged += `${text}\n`;
}

if (step.startsWith("/")) keepMoments(directory, step, () => acknowledged);
else if (step !== "0") killAt(Number(step));
for (let done = 0; done < Number(count); done += 1) acknowledge(await act());

async function act(): Promise<string | number> {
  switch (action) {
    case "append": {
      const event = { type: "gc", deleted: 0, freedBytes: 0 } as const;
      const extra = { pid: process.pid };
      const { records } = await appendRecords(
        log,
        [
          { tx: "new", event, extra },
          { tx: "new", event, extra },
        ],
        {
          durable: false,
        },
      );
      return records[1]?.sum ?? "";
    }
    case "trim":
      return (await trimLog(log, { keepLast: 3 })).dropped.records;
    case "repair":
      return (await repairLog(log)).findings.length;
    case "reseal":
      return (await resealLog(log)).edited.length;
    default:
      throw new Error(`what is ${action}?`);
  }
}
