import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ImportSettings } from "../../../src/store/import/import-settings.ts";
import { mayHold } from "../../../src/store/import/pool-names.ts";

/** A pool whose directory `ab` holds so many files: `ab0`, `ab1` … */
function makePool(count: number) {
  const files = mkdtempSync(join(tmpdir(), "pool-"));
  onTestFinished(() => rmSync(files, { recursive: true }));
  mkdirSync(join(files, "ab"));
  for (let at = 0; at < count; at++) writeFileSync(join(files, "ab", `ab${at}`), "");
  return { files } as ImportSettings;
}

describe("mayHold", () => {
  it.each([0, 1, 255, 256, 257, 600])(
    "tells what a directory of %d files holds, however often it is asked",
    (count) => {
      const settings = makePool(count);
      for (let round = 0; round < 3; round++) {
        for (const at of [0, count - 1, count, count + 1].filter((number) => number >= 0)) {
          expect(mayHold(settings, `ab${at}`)).toBe(at < count);
        }
        expect(mayHold(settings, `ab${"f".repeat(62)}`)).toBe(false);
      }
    },
  );

  it("finds nothing where the directory is missing", () => {
    const settings = makePool(1);
    for (let round = 0; round < 9; round++) expect(mayHold(settings, "cd0")).toBe(false);
  });

  it("looks for every file while the pool holds them, and seldom once it held none of many", () => {
    const settings = makePool(300);
    const other = (at: number) => `${(at % 256).toString(16).padStart(2, "0")}${"e".repeat(30)}${at}`;
    for (let at = 0; at < 300; at++) expect(mayHold(settings, `ab${at}`)).toBe(true);
    for (let at = 0; at < 64; at++) mayHold(settings, other(at));
    const held = Array.from({ length: 300 }, (_, at) => mayHold(settings, `ab${at}`));
    const first = held.indexOf(true);
    expect(first).toBeLessThan(8);
    expect(held.slice(first)).not.toContain(false);
    for (let at = 0; at < 1000; at++) expect(mayHold(settings, other(at))).toBe(false);
    const asked = Array.from({ length: 9 }, (_, at) => mayHold(settings, `ab${at}`)).indexOf(true);
    expect(asked).toBeGreaterThanOrEqual(0);
  });

  it("looks anew for each import", () => {
    const settings = makePool(1);
    for (let round = 0; round < 9; round++) mayHold(settings, "ab1");
    writeFileSync(join(settings.files, "ab", "ab1"), "");
    expect(mayHold({ ...settings }, "ab1")).toBe(true);
  });
});
