import { expect, test } from "vitest";
import { createDebug } from "../../src/cli/debug.ts";
import type { Topic } from "../../src/cli/debug-topics.ts";
import { createEventHandler } from "../../src/cli/events.ts";
import type { Output } from "../../src/cli/output/output.ts";
import type { StoreEvent } from "../../src/operations/run-options.ts";

const URL = "https://example.org/x";
const fetching = (event: Extract<StoreEvent, { kind: "fetching" }>["event"]): StoreEvent => ({
  kind: "fetching",
  event,
});

test.each<readonly [StoreEvent, told: string]>([
  [{ kind: "warning", message: "m", hint: "h" }, "warning m h"],
  [{ kind: "waiting", holder: undefined }, "waiting"],
  [fetching({ kind: "waiting", url: URL, holder: undefined }), "waiting"],
  [
    fetching({ kind: "retrying", url: URL, reason: "HTTP 503", delayMs: 2000 }),
    `warning ${URL}: HTTP 503; trying again in 2.0 s`,
  ],
  [
    fetching({ kind: "skipped", url: URL, reason: "HTTP 404", missing: false }),
    `warning ${URL}: HTTP 404; trying the next address`,
  ],
  [
    fetching({ kind: "skipped", url: URL, reason: `${URL}: gone`, missing: false }),
    `warning ${URL}: gone; trying the next address`,
  ],
  [fetching({ kind: "damaged", path: "/p" }), "warning /p was damaged and is fetched again"],
  [fetching({ kind: "deprecated", name: "n", version: "1", reason: "old" }), "warning n 1 is deprecated: old"],
])("%j", (event, told) => {
  const { handler, seen } = make({});
  handler.onEvent(event);
  expect(seen.join("\n")).toContain(told);
});

test("steps are told only with --verbose", () => {
  const step: StoreEvent = { kind: "step", step: "extract", subject: "a.tar" };
  const [terse, verbose] = [make({}), make({ isVerbose: true })];
  terse.handler.onEvent(step);
  verbose.handler.onEvent(step);
  expect([terse.seen, verbose.seen]).toEqual([[], ["trace extract a.tar …"]]);
});

test("a warning of the operation needs a person; a retry does not", () => {
  const { handler } = make({});
  handler.onEvent(fetching({ kind: "retrying", url: URL, reason: "x", delayMs: 1 }));
  expect(handler.hasWarned()).toBe(false);
  handler.onEvent({ kind: "warning", message: "m" });
  expect(handler.hasWarned()).toBe(true);
});

test("each topic traces its own", () => {
  const traced = (topics: readonly Topic[]) => {
    const { handler, seen } = make({ topics });
    handler.onEvent({ kind: "step", step: "link", subject: "x" });
    handler.onEvent(fetching({ kind: "started", url: URL, received: 0, total: 1 }));
    return seen;
  };
  expect(traced([])).toEqual([]);
  expect(traced(["time"])).toEqual([]);
  expect(traced(["fetch"])).toEqual([expect.stringMatching(/^trace +1\.5 ms {2}fetch {2}\{"kind":"started"/)]);
  expect(traced(["events"])).toEqual([
    expect.stringContaining('events  {"kind":"step"'),
    expect.stringContaining('events  {"kind":"fetching"'),
  ]);
});

function make({
  isVerbose = false,
  topics = [],
}: {
  readonly isVerbose?: boolean;
  readonly topics?: readonly Topic[];
}) {
  const seen: string[] = [];
  const output = {
    warning: (message: string, hint?: string) => seen.push(`warning ${message} ${hint}`),
    waiting: () => seen.push("waiting"),
    trace: (text: string) => seen.push(`trace ${text}`),
  } as unknown as Output;
  const debug = createDebug(topics, () => 1.5, output.trace);
  return { seen, handler: createEventHandler({ output, debug, isVerbose }) };
}
