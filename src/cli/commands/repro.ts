import { resolve } from "node:path";
import { formatSize } from "../../model/size.ts";
import { PLAN_OPTIONS, planSettings } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import { FETCH_OPTIONS } from "../fetch-options.ts";

export const command = defineCommand({
  name: "repro",
  summary: "Pack one build into a file that another machine can build",
  details:
    "The file holds the derivation, the sources, everything that it is built with, the environment, and the log of the last " +
    "build; `store build FILE` carries it out in any other store of the same width, without recipes and network.",
  positionals: {
    spec: { need: "one", describe: "NAME, NAME@VERSION, NAME+OPTION~OPTION, or a path to a recipe", completes: "path" },
  },
  options: {
    output: {
      type: "string",
      alias: "o",
      value: "FILE",
      describe: "Write FILE in place of NAME-VERSION.repro.tar.gz",
      completes: "path",
    },
    ...FETCH_OPTIONS,
    ...PLAN_OPTIONS,
  },
  examples: [
    ["store repro mpfr", "packs the build of mpfr, also one that failed"],
    ["store build mpfr-4.2.0.repro.tar.gz", "builds it, here or elsewhere"],
  ],
  json: "{file, id, key, size}",
  isLong: true,
  async run(context, args) {
    const { packRepro } = await import("../../operations/building/pack-repro.ts");
    const store = await context.openStore();
    const output = args.output === undefined ? undefined : resolve(context.cwd, args.output);
    const packed = await packRepro(store, { ...planSettings(args, context), spec: args.spec, output }, context.run);
    context.output.result(packed, () => [packed.file]);
    context.output.note(() => `${packed.id}, ${formatSize(packed.size)}`);
    return undefined;
  },
});
