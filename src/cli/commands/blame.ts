import { defineCommand } from "../command.ts";
import { blameLines } from "../output/blame-lines.ts";
import { withPath } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "blame",
  summary: "Tell which package, and which change, brought a file into the profile",
  details:
    "With recipe, sources, generation, transaction and command. Where several packages have the file, the one that is " +
    "seen stands first; the others are hidden by it.",
  positionals: {
    file: {
      need: "one",
      describe: "A path in the profile, an absolute path, or the name of a command",
      completes: "path",
    },
  },
  options: {},
  examples: [
    ["store blame bin/gp", "tells where bin/gp of the profile comes from"],
    ["store blame gp", "the same"],
    ['store blame "$(readlink -f "$(which gp)")"', "the same for a path in the store"],
  ],
  json: "{profile, file, packages: [{name, version, options, path, priority, hidden, origin?, recipe, sources[], generation, created, orEarlier, transaction, command[], user}]}",
  async run(context, { file }) {
    const { blame } = await import("../../operations/packages/blame.ts");
    const store = await context.openStore();
    const result = blame(store, context.profile, { what: file, cwd: context.cwd });
    const shown = {
      ...result,
      packages: result.packages.map((item) => {
        const { recipe = null, user = null } = item;
        return { ...withPath(store, item), recipe, user };
      }),
    };
    context.output.result(shown, (style) => blameLines(result, style));
    return undefined;
  },
});
