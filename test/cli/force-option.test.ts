import { expect, test } from "vitest";
import { forcedSteps, forceOption, STEPS_FORCE } from "../../src/cli/force-option.ts";
import { caught } from "../helpers/caught.ts";

test("a kind is named, and only those that the command takes", () => {
  const { parse } = STEPS_FORCE.force;
  expect(forcedSteps({ force: [parse("sequence")] })).toEqual({ outOfSequence: true, overwrite: false });
  expect(forcedSteps({ force: [parse("overwrite")] })).toEqual({ outOfSequence: false, overwrite: true });
  expect(caught(() => forceOption("overwrite").force.parse("sequence"))).toMatchObject({
    code: "USAGE",
    message: "--force=sequence is not for this command, but for undo, redo, replay and rollback --journal",
    hint: expect.stringContaining("--force=overwrite does it although other packages"),
  });
});

test.each(["all", "", "constructor", "Sequence"])("'%s' is no kind, and those that there are are listed", (kind) => {
  expect(caught(() => STEPS_FORCE.force.parse(kind))).toMatchObject({
    code: "USAGE",
    message: `--force=${kind}: there is no kind '${kind}'`,
    hint: expect.stringMatching(/--force=overwrite .*--force=sequence .*no force for everything/s),
    details: { choices: ["overwrite", "sequence"] },
  });
});
