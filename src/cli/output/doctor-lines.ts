import type { Diagnosis } from "../../model/diagnosis.ts";
import { printable } from "./printable.ts";
import type { Mark, Style } from "./style.ts";
import { formatTable } from "./table.ts";

const MARKS: Readonly<Record<Diagnosis["state"], Mark>> = { ok: "added", warn: "warning", bad: "error" };

/** One line for each thing that was looked at; what to do stands below. */
export function doctorLines(diagnoses: readonly Diagnosis[], { paint }: Style): string[] {
  const rows = formatTable(
    diagnoses.map(({ topic, state, text }) => [
      { text: state, paint: (word: string) => paint(MARKS[state], word) },
      { text: topic },
      { text: printable(text) },
    ]),
  );
  return rows.flatMap((row, at) => {
    const advice = diagnoses[at]?.advice;
    return advice === undefined ? [row] : [row, paint("faint", `      ${printable(advice)}`)];
  });
}
