import { basename } from "node:path";
import { describeRoot, type Root } from "../../model/root.ts";
import { defineCommand } from "../command.ts";
import { printable } from "../output/printable.ts";

export const command = defineCommand({
  name: "why",
  summary: "Show what keeps a store object from being collected",
  details: "A line for each root that does, the shortest way first: root → object → … → the object.",
  positionals: {
    object: {
      need: "one",
      describe:
        "A store path, a path to something in it, also by the profile's link, or the name of an installed package",
      completes: "object",
    },
  },
  options: {},
  examples: [["store why zlib", "shows the generations, roots and processes that keep zlib"]],
  json: "{path, alive, chains[{root: {kind, …}, objects[]}]}",
  async run(context, args) {
    const { why } = await import("../../operations/collection/why.ts");
    const { findObject } = await import("../../operations/packages/info.ts");
    const store = await context.openStore();
    const found = await why(store, findObject(store, context.profile, { what: args.object, cwd: context.cwd }));
    context.output.result(found, () =>
      found.alive
        ? found.chains.map(({ root, objects }) =>
            printable(
              [
                describeRoot({ ...root, objects: [] } as unknown as Root),
                ...objects.map((path) => basename(path)),
              ].join(" → "),
            ),
          )
        : [`nothing keeps ${basename(found.path)}: \`store gc\` deletes it`],
    );
    return undefined;
  },
});
