import { StoreError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { withPaths } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "bisect",
  summary: "Find the generation, and the package in it, that broke something",
  details:
    "Runs the command in generations between a good and a bad one, without a switch, and then with some of the changes " +
    "of the first bad one. As with `git bisect run`: exit status 0 is good, 125 cannot be tested, others up to 127 are " +
    "bad, and so is a crash; any other end stops the search. What the command prints goes to stderr. Where it was not " +
    "possible to tell things apart the status is 3. The environment of the command is that of `store run`.",
  positionals: {},
  options: {
    good: {
      type: "string",
      value: "SELECTOR",
      completes: "selector",
      describe: "SELECTOR is a generation in which the command succeeds",
    },
    bad: {
      type: "string",
      value: "SELECTOR",
      completes: "selector",
      describe: "SELECTOR is one that was made from it in which the command fails; the live one unless given",
    },
  },
  runs: { describe: "The command that tells good from bad" },
  examples: [
    ["store bisect --good gen-30 --bad gen-41 -- ./test", "finds what broke ./test"],
    ["store bisect --good yesterday -- gp -q test.gp", "the same from yesterday until now"],
  ],
  json: "{profile, lastGood, firstBad, untested[], guilty: {added[], removed[], upgraded[], adjusted?[]}, certain, transaction, command[], tests[]}",
  async run(context, { good, bad, rest }) {
    if (good === undefined) throw new StoreError("USAGE", "store bisect needs --good", { hint: NEEDS_GOOD });
    const { bisect } = await import("../../operations/running/bisect.ts");
    const { verdictLines } = await import("../output/bisect-lines.ts");
    const store = await context.openStore();
    const request = { good, bad: bad ?? "+0", command: rest, cwd: context.cwd };
    const result = await bisect(store, context.profile, request, context.run);
    const shown = { ...result, guilty: withPaths(store, result.guilty) };
    context.output.result(shown, (style) => verdictLines(result, style));
    return result.certain && result.untested.length === 0 ? undefined : 3;
  },
});

const NEEDS_GOOD = "Write --good gen-N: a generation in which the command succeeds.";
