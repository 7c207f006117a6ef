import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watchSignals } from "../../src/cli/signals.ts";
import { StoreError } from "../../src/errors.ts";

test.each(["SIGINT", "SIGTERM", "SIGHUP"])("%s ends the work in good order, a second signal at once", (name) => {
  const process = new EventEmitter();
  let givenUp = 0;
  using interruption = watchSignals(process, () => {
    givenUp += 1;
  });
  process.emit(name, name);
  expect(interruption.signal.reason).toBeInstanceOf(StoreError);
  expect(interruption.signal.reason).toMatchObject({ code: "INTERRUPTED" });
  expect(givenUp).toBe(0);
  process.emit("SIGINT", "SIGINT");
  expect(givenUp).toBe(1);
});

test("afterwards nothing is watched", () => {
  const process = new EventEmitter();
  watchSignals(process, () => undefined)[Symbol.dispose]();
  expect(process.eventNames()).toEqual([]);
});
