import type { Stats } from "node:fs";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { filePrint } from "../../src/system/file-stamp.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const NOW = 1_700_000_000_000;
const FIELDS = { dev: 40, ino: 123_456, mode: 0o100644, size: 17, mtimeMs: NOW - 9000.25, ctimeMs: NOW - 8000.5 };

function printOf(changes: Partial<typeof FIELDS> = {}, path = "/a"): number {
  vi.spyOn(Date, "now").mockReturnValue(NOW);
  return filePrint(path, { ...FIELDS, ...changes } as Stats);
}

it("is another number when anything about the file is another one", () => {
  const anyField = fc.constantFrom(...(Object.keys(FIELDS) as (keyof typeof FIELDS)[]));
  fc.assert(
    fc.property(anyField, fc.integer({ min: 1, max: 1 << 20 }), (field, less) => {
      expect(printOf({ [field]: FIELDS[field] - less })).not.toBe(printOf());
      // Half a microsecond is what a time can be told to.
      if (field.endsWith("Ms")) expect(printOf({ [field]: FIELDS[field] - 0.0005 })).not.toBe(printOf());
    }),
  );
  expect(printOf()).toBe(printOf());
  expect(printOf({}, "/b")).not.toBe(printOf({}, "/a"));
  expect(Number.isSafeInteger(printOf())).toBe(true);
});

it.each<[string, Partial<typeof FIELDS>, boolean]>([
  ["changed a moment ago", { ctimeMs: NOW - 20.5 }, false],
  ["changed a while ago", { ctimeMs: NOW - 200.5 }, true],
  ["changed a second ago, told in whole seconds", { ctimeMs: NOW - 1000 }, false],
  ["changed three seconds ago, told in whole seconds", { ctimeMs: NOW - 3000 }, true],
  ["written in the future", { mtimeMs: NOW + 5000.5 }, false],
  ["changed in the future", { ctimeMs: NOW + 5000.5 }, false],
])("a file that was %s", (_, changes, isSettled) => {
  expect(printOf(changes) !== 0).toBe(isSettled);
});
