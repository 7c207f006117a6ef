import { parseArgs } from "node:util";

const HELP = `Usage: npm run bench -- [OPTION…]

  --memory DIR   a directory on a memory filesystem (/dev/shm); --no-memory leaves it out
  --disk DIR     a directory on a disk (/var/tmp); --no-disk leaves it out
  --rounds N     rounds of the long rows (5); short ones take three times as many
  --scale F      the size of the inputs, 0.01 to 1 (1)
  --only REGEX   scenes to run: small, large, archive, switch, history, generation-200, generation-1000,
                 build-trivial, build-mpfr, build-output
  --no-write     print the table and leave docs/benchmarks.md as it is; so do --only and --scale
`;

/** Of options that take a value, parseArgs knows no `--no-` form. */
const LEAVES_OUT = ["--no-memory", "--no-disk"];

/**
 * @typedef {object} Options
 * @property {{ name: string, directory: string }[]} places
 * @property {number} rounds
 * @property {number} scale
 * @property {RegExp} only
 * @property {boolean} write
 */

/** @returns {Options | undefined} Nothing when help was asked for. */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv.filter((word) => !LEAVES_OUT.includes(word)),
    allowNegative: true,
    options: {
      memory: { type: "string", default: "/dev/shm" },
      disk: { type: "string", default: "/var/tmp" },
      rounds: { type: "string", default: "5" },
      scale: { type: "string", default: "1" },
      only: { type: "string" },
      write: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const scale = Number(values.scale);
  const rounds = Number(values.rounds);
  if (!(scale >= 0.01 && scale <= 1) || !(rounds >= 1)) throw new Error("--scale is 0.01 to 1, --rounds at least 1");
  return {
    places: [
      ...(argv.includes("--no-memory") ? [] : [{ name: "memory", directory: values.memory }]),
      ...(argv.includes("--no-disk") ? [] : [{ name: "disk", directory: values.disk }]),
    ],
    rounds,
    scale,
    only: new RegExp(values.only ?? ""),
    write: values.write && values.only === undefined && scale === 1,
  };
}
