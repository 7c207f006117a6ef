import { defineCommand } from "../command.ts";
import { objectLines, storeLines } from "../output/info-lines.ts";

export const command = defineCommand({
  name: "info",
  summary: "Show what is known of a store object, or of the store itself",
  positionals: {
    object: {
      need: "optional",
      describe:
        "A store path, a path to something in it, also by the profile's link, or the name of an installed package; without it the store",
      completes: "object",
    },
  },
  options: {},
  examples: [
    ["store info", "shows where the store lies and what it holds"],
    ["store info zlib", "shows the manifest of an installed package"],
  ],
  json: "{root, storeDir, canonicalStoreDir, format, width, id, objects, profiles[]}, or the manifest: {path, baseName, present, name, version, treeId, addressing, size, files, references[], localised, created, origin}, of what was built here also build{key, started, seconds, phases, peakMemoryBytes?, sandboxed, host, log}",
  async run(context, args) {
    const { objectInfo, storeInfo } = await import("../../operations/packages/info.ts");
    const store = await context.openStore();
    if (args.object === undefined) {
      const info = storeInfo(store);
      context.output.result(info, () => storeLines(info));
      return undefined;
    }
    const info = objectInfo(store, context.profile, { what: args.object, cwd: context.cwd });
    context.output.result(info, () => objectLines(info));
    return undefined;
  },
});
