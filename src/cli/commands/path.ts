import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "path",
  summary: "Print the store path of an installed package, or the path of the profile",
  details: "The path of the profile is its live link, or the link to that in the instdir: it holds after every switch.",
  positionals: { name: { need: "optional", describe: "Name of an installed package", completes: "installed" } },
  options: {},
  examples: [
    ["store path", "prints …/profiles/default/current"],
    ["ls $(store path zlib)/lib", "looks into an installed package"],
  ],
  json: "{path}",
  endsAtOnce: () => true,
  async run(context, args) {
    const { packagePath } = await import("../../operations/packages/package-path.ts");
    const path = packagePath(await context.openStore(), context.profile, args.name);
    context.output.result({ path }, () => [path]);
    return undefined;
  },
});
