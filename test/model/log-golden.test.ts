import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chainRecords, EMPTY_LOG, endAfter, type NewRecord } from "../../src/model/chain.ts";
import { isFault, linkFault, parseLine, sealLine } from "../../src/model/log-record.ts";

/** The lines of the example log in store-layout.md: the code block marked `jsonl log`. */
function linesInDocument(): string[] {
  const text = readFileSync(new URL("../../store-layout.md", import.meta.url), "utf8");
  const block = /^```jsonl log\n([\s\S]*?)^```$/m.exec(text)?.[1];
  if (block === undefined) throw new Error("store-layout.md has no code block marked 'jsonl log'");
  return block.trimEnd().split("\n");
}

const profile = "default";
const zlib = {
  name: "zlib",
  version: "1.3.1",
  options: { static: false },
  path: "lzegdirp5ci27jghsjyrk6roru2lzsi3-zlib-1.3.1",
  priority: 5,
  requested: "zlib",
};
const path = "75hgr4hvd3jyzsz5z7oib6gcaab5j2o2-profile-default";
const change = { added: [zlib], removed: [], upgraded: [] };

const APPENDS: readonly { readonly time: string; readonly drafts: readonly NewRecord[] }[] = [
  {
    time: "2026-11-20T17:04:05.123Z",
    drafts: [
      { tx: "new", profile, event: { type: "begin", command: ["store", "install", "zlib"], user: "ada", base: 0 } },
    ],
  },
  {
    time: "2026-11-20T17:04:09.001Z",
    drafts: [
      {
        tx: 1,
        profile,
        event: { type: "generation", generation: 1, parent: 0, path, reason: "install zlib", change },
      },
      { tx: 1, profile, event: { type: "intent", from: 0, to: 1 } },
    ],
  },
  {
    time: "2026-11-20T17:04:09.040Z",
    drafts: [{ tx: 1, profile, event: { type: "commit", from: 0, to: 1, changed: true } }],
  },
  { time: "2026-11-20T16:30:00.000Z", drafts: [{ tx: "new", profile, event: { type: "pin", generation: 1 } }] },
];

/** The text of the example as this program writes it. */
function linesAsWritten(): string[] {
  const lines: string[] = [];
  let end = EMPTY_LOG;
  for (const { time, drafts } of APPENDS)
    for (const { record, line } of chainRecords(drafts, end, { time, zone: "Europe/Berlin" })) {
      lines.push(line);
      end = endAfter(record, Buffer.byteLength(line));
    }
  return lines;
}

describe("the example log of store-layout.md", () => {
  it("is what this program writes, byte for byte", () => {
    expect(linesInDocument()).toEqual(linesAsWritten());
  });

  it("is valid, line by line and link by link", () => {
    const records = linesInDocument().map((line) => {
      const record = parseLine(line);
      if (isFault(record)) throw new Error(record.reason);
      return record;
    });
    for (const [at, record] of records.entries()) expect(linkFault(records[at - 1], record)).toBeUndefined();
    expect(records.map(({ members }) => sealLine(members))).toEqual(linesInDocument());
  });

  it("can be checked with nothing but sha256", () => {
    for (const line of linesInDocument()) {
      const [member, sum] = /"sum":"([0-9a-f]{64})",/.exec(line) ?? ["", ""];
      expect(createHash("sha256").update(line.replace(member, "")).digest("hex")).toBe(sum);
    }
  });
});
