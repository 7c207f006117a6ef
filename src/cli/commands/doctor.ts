import { defineCommand } from "../command.ts";
import { doctorLines } from "../output/doctor-lines.ts";

export const command = defineCommand({
  name: "doctor",
  summary: "Check everything around the store that can keep it from working",
  details:
    "Node, the sandbox, the filesystem, space, the clock, PATH, the locale, locks, leftovers, the index and the end of the log. " +
    "Status 3 when something should be better, 6 when something does not work. What lies in the store is checked by `store verify`.",
  positionals: {},
  options: {},
  examples: [
    ["store doctor", "says what is wrong and what to do"],
    ["store doctor --json", "the same for programs"],
  ],
  json: "[{topic, state: ok|warn|bad, text, advice?}]",
  async run(context) {
    const { doctor } = await import("../../operations/upkeep/doctor.ts");
    const { worstOf } = await import("../../model/diagnosis.ts");
    const diagnoses = await doctor({
      profile: context.profile,
      env: context.env,
      open: () => context.openStore(),
    });
    context.output.result(diagnoses, (style) => doctorLines(diagnoses, style));
    return ({ ok: 0, warn: 3, bad: 6 } as const)[worstOf(diagnoses)];
  },
});
