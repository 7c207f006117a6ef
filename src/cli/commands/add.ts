import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { PackageInput } from "../../operations/packages/stage-package.ts";
import { defineCommand } from "../command.ts";
import { formatDuration } from "../output/quantities.ts";
import { IDENTITY_OPTIONS, packageInputs, SOURCE_OPTIONS } from "../package-options.ts";

export const command = defineCommand({
  name: "add",
  summary: "Put a directory, file, archive, URL or npm package into the store",
  details:
    "Prints the store path. No profile changes; `store install` does both. Archives: tar (plain, gz, bz2, xz, zst) and zip; a zip that begins with a program which unpacks it is one when its name ends with `.zip`.",
  positionals: {
    source: {
      need: "one",
      describe: "A directory, a file, an archive, a URL, or npm:NAME@RANGE",
      completes: "path",
    },
  },
  options: { ...IDENTITY_OPTIONS, ...SOURCE_OPTIONS },
  examples: [
    ["store add ./zlib-1.3.1.tar.gz", "unpacks the archive; name and version come from its name"],
    ["store add build/out --name hello --version 1.0", "adds a directory"],
    ["store add npm:left-pad@^1.3", "adds a package of the npm registry"],
  ],
  json: "{path, baseName, name, version, treeId, files, size, reused}",
  isLong: true,
  async run(context, args) {
    const { add } = await import("../../operations/packages/add.ts");
    const { expectArchives } = await import("../../operations/packages/expect-archives.ts");
    const began = context.now();
    const inputs = packageInputs([args.source], args, context.cwd);
    expectArchives(inputs);
    const store = await context.openStore({ create: true });
    const added = await add(store, inputs[0] as PackageInput, context.run);
    context.output.result(added, () => [added.path]);
    const { name, version, files, size, reused } = added;
    const what = `${name} ${version}: ${formatCount(files, "file")}, ${formatSize(size)}`;
    const took = formatDuration(context.now().getTime() - began.getTime());
    context.output.note(() => (reused ? `${what}, there already (${took})` : `added ${what} in ${took}`));
    return undefined;
  },
});
