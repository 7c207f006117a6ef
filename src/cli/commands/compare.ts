import { defineCommand } from "../command.ts";
import { statusOf } from "../run-status.ts";

export const command = defineCommand({
  name: "compare",
  summary: "Run a command in two generations and show both results beside each other",
  details:
    "Exit status, time and output, stdout and stderr in their order; lines that differ are marked with |, those that one " +
    "side alone has with < and >. The command has no terminal and no input. Its environment is that of `store run`.",
  positionals: {
    from: { need: "one", describe: "A generation, as for `store switch`", completes: "selector" },
    to: { need: "optional", describe: "Another one; the live one unless given", completes: "selector" },
  },
  options: {
    "exit-code": { type: "boolean", describe: "End with status 1 when the results differ" },
  },
  runs: { describe: "The command and its arguments" },
  examples: [
    ["store compare gen-40 gen-41 -- gp -q test.gp", "shows what the change to gen-41 changed for test.gp"],
    ["store compare -1 --exit-code -- ./smoke.sh", "tells a script whether smoke.sh still says the same"],
  ],
  json: "{same, left: {generation, exitCode, signal, seconds, output}, right: {…}}",
  isLong: true,
  async run(context, { from, to, rest, "exit-code": exitCode }) {
    const { compareGenerations } = await import("../../operations/running/compare.ts");
    const { comparisonLines } = await import("../output/comparison-lines.ts");
    const store = await context.openStore();
    const request = { from, to, command: rest, cwd: context.cwd };
    return statusOf(context, async () => {
      const comparison = await compareGenerations(store, context.profile, request, context.run);
      const columns = process.stdout.columns || WIDE;
      context.output.result(comparison, (style) => comparisonLines(comparison, style, columns));
      return exitCode && !comparison.same ? 1 : 0;
    });
  },
});

/** Where the width is not known. */
const WIDE = 130;
