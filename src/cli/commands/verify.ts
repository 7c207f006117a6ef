import type { VerifyRequest, VerifyResult } from "../../operations/upkeep/verify.ts";
import type { Store } from "../../store/open-store.ts";
import { recipeDirectories } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { toJson, verifyLines } from "../output/verify-lines.ts";
import { repositoryOptions } from "../repository-options.ts";

export const command = defineCommand({
  name: "verify",
  summary: "Check that nothing in the store is damaged, and repair what is",
  details:
    "Checks objects, the file pool, profiles, the log and the index. Nothing is changed without --repair. Status 6 when anything is damaged. An interrupted --contents run of the whole store goes on where it was stopped, for a week.",
  positionals: {
    path: {
      need: "any",
      describe:
        "A store path, a path to something in it, also by the profile's link, or the name of an installed package; without any the whole store",
      completes: "object",
    },
  },
  options: {
    contents: {
      type: "boolean",
      describe: "Read every file; without it only those that look as if somebody wrote to them",
    },
    repair: { type: "boolean", describe: "Put right what is wrong, where good bytes can be had" },
    "io-nice": { type: "boolean", describe: "Leave half of the disk and of the processors to others" },
  },
  examples: [
    ["store verify", "looks at names, sizes, modes, times and records"],
    ["store verify --contents --io-nice", "reads every file, slowly"],
    ["store verify --contents --repair", "reads every file and repairs what is damaged"],
    ["store verify zlib", "checks one package"],
  ],
  json: "{checked: {objects, files, bytes, generations, logRecords}, continued, damaged[{kind, subject, reason, object?, path?, outcome?}], repaired[], leftovers[]}",
  isLong: true,
  async run(context, args) {
    const store = await context.openStore();
    const request = {
      what: args.path,
      profile: context.profile,
      cwd: context.cwd,
      contents: args.contents,
      ioNice: args["io-nice"],
    };
    const result = args.repair
      ? await repairWith(context, store, request)
      : await (await import("../../operations/upkeep/verify.ts")).verify(store, request, context.run);
    context.output.result(toJson(result), (style) => verifyLines(result, style));
    return result.damaged.length > 0 ? 6 : undefined;
  },
});

async function repairWith(context: CommandContext, store: Store, request: VerifyRequest): Promise<VerifyResult> {
  const { repair } = await import("../../operations/upkeep/repair.ts");
  const recipes = recipeDirectories(context);
  const build = recipes.length > 0 ? { recipes, cwd: context.cwd } : undefined;
  return repair(store, { ...request, repositories: repositoryOptions(context), build }, context.run);
}
