import { defineCommand } from "../command.ts";
import { statusOf } from "../run-status.ts";

export const command = defineCommand({
  name: "run",
  summary: "Run a command in the environment of any generation, without a switch",
  details:
    "The search paths are those of `store shellenv`, but lead to that generation. The command has the terminal, the " +
    "standard streams and the signals, and its exit status is that of store: 128 and the number of the signal when one " +
    "ended it, 127 when there is no such command, 126 when it cannot be executed. It finds $STORE_ROOT, $STORE_PROFILE, " +
    "$STORE_GENERATION (gen-41) and $STORE_PATH, the top of the generation.",
  positionals: {},
  options: {
    at: {
      type: "string",
      value: "SELECTOR",
      completes: "selector",
      describe: "The generation SELECTOR, as for `store switch`; the live one unless given",
    },
  },
  runs: { describe: "The command and its arguments" },
  ownsSignals: true,
  examples: [
    ["store run --at gen-40 -- gp -q test.gp", "runs the gp of gen-40"],
    ["store run --at yesterday -- make check", "runs with all that was live then"],
  ],
  json: "nothing: what the command prints",
  async run(context, { at, rest }) {
    const { runCommandAt } = await import("../../operations/running/run-command.ts");
    const store = await context.openStore();
    const request = { selector: at, command: rest, cwd: context.cwd };
    return statusOf(context, async () => (await runCommandAt(store, context.profile, request)).status);
  },
});
