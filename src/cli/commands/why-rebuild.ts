import { PLAN_OPTIONS, planSettings } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import { rebuildLines } from "../output/rebuild-lines.ts";

export const command = defineCommand({
  name: "why-rebuild",
  summary: "Tell what changed since the last build of packages, and of what they need",
  positionals: {
    spec: {
      need: "some",
      describe: "NAME, NAME@VERSION, NAME+OPTION~OPTION, or a path to a recipe",
      completes: "path",
    },
  },
  options: { ...PLAN_OPTIONS },
  examples: [["store why-rebuild --recipes ./recipes pari", "tells which input of pari, gmp, readline … changed"]],
  json: "[{id, name, version, options, state: present|missing|open, why?: never|changed|gone|unsandboxed, differences[{member, before, after, causes[]}], waitsFor[], chains[[id]], expectedSeconds?, endsAfterSeconds?, output?, fetch[{url, bytes?}]}]",
  async run(context, args) {
    const { whyRebuild } = await import("../../operations/building/why-rebuild.ts");
    const store = await context.openStore({ create: true });
    const reasons = await whyRebuild(store, { ...planSettings(args, context), specs: args.spec }, context.run);
    context.output.result(reasons, (style) => rebuildLines(reasons, style));
    return undefined;
  },
});
