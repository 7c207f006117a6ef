import { PLAN_OPTIONS, planSettings } from "../build-options.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "derivation",
  summary: "Show everything that decides what a build produces, and its key",
  details: "Without --json the canonical text (RFC 8785), whose SHA-256 is the key.",
  positionals: {
    spec: {
      need: "some",
      describe: "NAME, NAME@VERSION, NAME+OPTION~OPTION, or a path to a recipe",
      completes: "path",
    },
  },
  options: { ...PLAN_OPTIONS },
  examples: [["store derivation --recipes ./recipes mpfr", "prints the derivation of mpfr; gmp must be built"]],
  json: "[{id, key, derivation, text}]",
  async run(context, args) {
    const { showDerivations } = await import("../../operations/building/inspect-build.ts");
    const store = await context.openStore({ create: true });
    const shown = await showDerivations(store, { ...planSettings(args, context), specs: args.spec }, context.run);
    context.output.result(shown, () => shown.map(({ text }) => text));
    return undefined;
  },
});
