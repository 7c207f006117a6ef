import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { compare, median } from "./measure.mjs";

const BEGIN = "<!-- results of `npm run bench` -->";
const END = "<!-- end of results -->";

/** One row of the table: a comparison at one place. */
export function tableRow(place, row, samples) {
  const [ours, theirs] = [samples.get(row.ours), samples.get(row.theirs)];
  if (!ours || !theirs) return undefined;
  const ratio = compare(ours, theirs);
  const met = row.target === undefined ? "" : ratio.median <= row.target ? "yes" : "**no**";
  return [
    row.label,
    place,
    row.against,
    seconds(ours),
    seconds(theirs),
    `**${ratio.median.toFixed(2)}** (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`,
    row.target === undefined ? "" : `≤ ${row.target.toFixed(Number.isInteger(row.target * 10) ? 1 : 2)}`,
    met,
    `${split(ours)} / ${split(theirs)}`,
  ];
}

export function printTable(rows) {
  const head = [
    "work",
    "on",
    "against",
    "store, s",
    "other, s",
    "ratio",
    "target",
    "met",
    "user + sys, s: store / other",
  ];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Replaces what stands between the marks of the document. */
export function writeResults(path, table, { date, rounds }) {
  const text = readFileSync(path, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has lost the marks of its results`);
  const body = `${BEGIN}\n\n${describeMachine()}\n${date.toISOString().slice(0, 10)}, ${rounds} rounds.\n\n${table}\n\n`;
  writeFileSync(path, text.slice(0, begin) + body + text.slice(end));
}

function describeMachine() {
  const memory = Math.round(totalmem() / 2 ** 30);
  const versions = [`Node ${process.version.slice(1)}`, versionOf("nix-store"), versionOf("stow"), versionOf("tar")];
  return `${cpus().length} × ${cpus()[0].model}, ${memory} GiB, Linux ${release()}; ${versions.join(", ")};`;
}

function versionOf(program) {
  return execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0];
}

function seconds(samples) {
  return median(samples.map(({ real }) => real)).toFixed(3);
}

function split(samples) {
  return `${median(samples.map(({ user }) => user)).toFixed(2)} + ${median(samples.map(({ sys }) => sys)).toFixed(2)}`;
}
