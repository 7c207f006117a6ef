import { formatSize } from "../../model/size.ts";
import { defineCommand } from "../command.ts";
import { formatTable } from "../output/table.ts";

export const command = defineCommand({
  name: "closure",
  summary: "List a store object and everything that it needs at run time",
  positionals: {
    object: {
      need: "one",
      describe:
        "A store path, a path to something in it, also by the profile's link, or the name of an installed package",
      completes: "object",
    },
  },
  options: {},
  examples: [["store closure mpfr", "shows mpfr and the libraries that it uses, with their sizes"]],
  json: "[{path, name, version, size}]",
  async run(context, args) {
    const { closure } = await import("../../operations/collection/closure.ts");
    const { findObject } = await import("../../operations/packages/info.ts");
    const { objectPath } = await import("../../store/layout.ts");
    const store = await context.openStore();
    const object = findObject(store, context.profile, { what: args.object, cwd: context.cwd });
    const found = (await closure(store, object)).map((entry) => ({
      ...entry,
      path: objectPath(store.layout, entry.path),
    }));
    context.output.result(found, () =>
      formatTable(found.map(({ path, size }) => [{ text: formatSize(size), align: "right" }, { text: path }])),
    );
    return undefined;
  },
});
