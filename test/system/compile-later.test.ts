import { describe, expect, it } from "vitest";
import { allowCompilingLater, compileLater } from "../../src/system/compile-later.ts";
import { V8_OF_NODE_20, watchV8Flags } from "../helpers/watch-v8-flags.ts";

describe("compileLater", () => {
  it("leaves V8 alone in a process that is somebody else's", () => {
    const flags = watchV8Flags(V8_OF_NODE_20);
    compileLater();
    expect(flags()).toEqual([]);
  });

  it("sets the flag once in a program of its own", () => {
    const flags = watchV8Flags(V8_OF_NODE_20);
    allowCompilingLater();
    expect(flags()).toEqual([]);
    compileLater();
    compileLater();
    expect(flags()).toEqual(["--interrupt-budget=600000"]);
  });

  it.each(["12.4.254.21-node.33", "13.6.233.10-node.28"])("does nothing with V8 %s, which would gain nothing", (v8) => {
    const flags = watchV8Flags(v8);
    allowCompilingLater();
    compileLater();
    expect(flags()).toEqual([]);
  });
});
