import { StoreError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { checkpointLines } from "../output/checkpoint-lines.ts";

export const command = defineCommand({
  name: "checkpoint",
  summary: "Give a generation a name, or list the names",
  details: "Wherever a generation is asked for, tag:NAME stands for it. Without NAME all names are listed.",
  positionals: {
    name: {
      need: "optional",
      describe: "A letter or digit and up to 63 letters, digits and _ . -",
      completes: "checkpoint",
    },
    selector: {
      need: "any",
      describe: "Which generation, as for `store switch`; without it the live one",
      completes: "selector",
    },
  },
  options: {
    delete: { type: "boolean", describe: "Take the name away; the generation stays" },
    move: { type: "boolean", describe: "Give the name also when another generation has it" },
  },
  examples: [
    ["store checkpoint before-upgrade", "names the live generation: `store switch tag:before-upgrade` goes there"],
    ["store checkpoint works yesterday --move", "gives the name to what was live yesterday"],
    ["store checkpoint --delete works", "takes the name away"],
  ],
  json: "{transaction, profile, name, generation, changed}; without NAME [{name, generation, created, reason}]",
  changes: true,
  async run(context, { name, selector: words, delete: isDelete, move }) {
    const { checkpoint, checkpoints, deleteCheckpoint } = await import("../../operations/profiles/checkpoint.ts");
    const { profile, output, run } = context;
    const selector = words.length === 0 ? undefined : words.join(" ");
    if (isDelete && (name === undefined || selector !== undefined || move)) throw wrongDelete();
    const store = await context.openStore();
    if (name === undefined) {
      if (run.trackingJournal !== undefined || move) throw needsName();
      const found = checkpoints(store, profile);
      output.result(found, (style) => checkpointLines(found, { style, now: context.now() }));
      return undefined;
    }
    const result = isDelete
      ? await deleteCheckpoint(store, profile, { name }, run)
      : await checkpoint(store, profile, { name, selector, move }, run);
    const is = isDelete ? "is no longer" : result.changed ? "is now" : "is already";
    output.result(result, () => [`tag:${result.name} ${is} gen-${result.generation}`]);
    return undefined;
  },
});

function wrongDelete(): StoreError {
  return new StoreError("USAGE", "--delete takes the name of a checkpoint and nothing else", {
    hint: "Write `store checkpoint --delete NAME`.",
  });
}

function needsName(): StoreError {
  return new StoreError("USAGE", "store checkpoint needs NAME to change something", {
    hint: "Without NAME it lists the checkpoints.",
  });
}
