import { defineCommand } from "../command.ts";
import { setPin } from "../set-pin.ts";

export const command = defineCommand({
  name: "unpin",
  summary: "Let a generation be deleted again",
  positionals: {
    selector: {
      need: "any",
      describe: "Which one, as for `store switch`; without it the live one",
      completes: "selector",
    },
  },
  options: {},
  examples: [["store unpin gen-3", "no longer keeps gen-3"]],
  json: "{transaction, profile, generation, pinned, changed}",
  changes: true,
  async run(context, args) {
    await setPin(context, args.selector, false);
    return undefined;
  },
});
