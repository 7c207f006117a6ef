import { defineCommand } from "../command.ts";
import { setPin } from "../set-pin.ts";

export const command = defineCommand({
  name: "pin",
  summary: "Keep a generation from being deleted",
  positionals: {
    selector: {
      need: "any",
      describe: "Which one, as for `store switch`; without it the live one",
      completes: "selector",
    },
  },
  options: {},
  examples: [
    ["store pin", "keeps the live generation"],
    ["store pin gen-3", "keeps gen-3"],
  ],
  json: "{transaction, profile, generation, pinned, changed}",
  changes: true,
  async run(context, args) {
    await setPin(context, args.selector, true);
    return undefined;
  },
});
