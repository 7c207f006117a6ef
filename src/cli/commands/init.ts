import { defineCommand } from "../command.ts";
import { checkWidth, parseWidth } from "../store-width.ts";

export const command = defineCommand({
  name: "init",
  summary: "Create an empty store",
  details: "The first `store add` or `store install` does so by itself.",
  positionals: {},
  options: {
    width: {
      type: "string",
      value: "BYTES",
      parse: parseWidth,
      completes: ["48", "80", "128"],
      describe: "Hold objects in a path of BYTES, 48, 80 or 128; more allow a longer root (48)",
    },
    "allow-unsafe-root": { type: "boolean", describe: "Accept a root that other users could replace" },
  },
  examples: [
    ["store init", "creates the store at its default place"],
    ["store init --root /srv/projects/our-long-name/store --width 80", "creates one below a long path"],
  ],
  json: "{root, storeDir, width, id, created}",
  async run(context, args) {
    const store = await context.openStore({
      create: true,
      width: args.width,
      allowUnsafeRoot: args["allow-unsafe-root"],
    });
    checkWidth(store, args.width);
    const { makeReady } = await import("../../operations/make-ready.ts");
    await makeReady(store, { allowUnsafeRoot: args["allow-unsafe-root"] });
    const { layout, file } = store;
    const { root, storeDir } = layout;
    const result = { root, storeDir, width: file.width, id: file.id, created: file.created };
    context.output.result(result, () => [`the store at ${root} is ready; its objects lie in ${storeDir}`]);
    return undefined;
  },
});
