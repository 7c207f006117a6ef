import { expect, test } from "vitest";
import { appliedPatch } from "../../src/model/applied-patch.ts";

test.each([
  ["GNU patch", "Reversed (or previously applied) patch detected!  Skipping patch."],
  ["GNU patch, of a new file", "which already exists!  Skipping patch."],
  ["BSD patch", "Ignoring previously applied (or reversed) patch."],
])("the patch that %s refuses as applied", (_, refusal) => {
  expect(
    appliedPatch(["Applying a.patch", "patching file x", "Applying b.patch", refusal, "1 out of 1 hunk ignored"]),
  ).toBe("b.patch");
});

test("no patch where none is refused as applied, or none is named", () => {
  expect(appliedPatch(["Applying a.patch", "Hunk #1 FAILED at 1."])).toBeUndefined();
  expect(appliedPatch(["Reversed (or previously applied) patch detected!  Skipping patch."])).toBeUndefined();
});
