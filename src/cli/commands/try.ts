import { defineCommand } from "../command.ts";
import { differenceLines } from "../output/show-change.ts";
import { statusOf } from "../run-status.ts";

export const command = defineCommand({
  name: "try",
  summary: "Run a command, and go back to where the profile was when it fails",
  details:
    "It fails when its exit status is not 0, when a signal ends it, or when store gets SIGINT, SIGQUIT, SIGTERM or SIGHUP " +
    "meanwhile. Then the generation that was live at the beginning is made live again, whatever has changed the profile " +
    "since; what the command left running is ended first, and what it made stays as generations. The exit status is that of the command, as with `store run`. " +
    "Within another `store try` each goes back to its own beginning. When store itself is killed (SIGKILL) nothing goes " +
    "back: `store rollback` does.",
  positionals: {},
  options: {},
  runs: { describe: "The command and its arguments; several commands as: sh -c 'store install x && ./smoke.sh'" },
  ownsSignals: true,
  examples: [
    ["store try -- sh -c 'store upgrade && ./smoke.sh'", "keeps the upgrade only when smoke.sh is content"],
    ["store try -- store install ./new-gp", "the same as without try: an install that fails changes nothing"],
  ],
  json: "nothing: what the command prints",
  async run(context, { rest }) {
    const { tryCommand } = await import("../../operations/running/try-command.ts");
    const store = await context.openStore({ create: true });
    return statusOf(context, async () => {
      const request = { command: rest, cwd: context.cwd };
      const { status, from, back } = await tryCommand(store, context.profile, request, context.run);
      if (back) {
        context.output.note((style) =>
          [`failed (${status}): back to gen-${from}`, ...differenceLines(back, style)].join("\n"),
        );
      }
      return status;
    });
  },
});
