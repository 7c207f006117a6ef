import { describe, expect, it } from "vitest";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom, liveFiles, makeProfileWorld, logTypes, logRecords, profileDirectory} from "../helpers/profile-worlds.ts";

describe("install", () => {
  it("x", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const change = await installFrom(store, world.source("zlib-1.3", { "bin/z": { exec: "z" }, "share/doc/z/README": "r" }));
    console.log(change, liveFiles(store), logTypes(store, 1), brokenRules(store), profileDirectory(store));
    console.log(logRecords(store).map(r=>JSON.stringify(r.members)).join("\n"));
  });
});
