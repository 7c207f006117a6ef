import { StoreError } from "../errors.ts";
import type { PackageInput } from "../operations/packages/stage-package.ts";
import type { OptionSpecs, Values } from "./command.ts";
import { FETCH_OPTIONS, fetchSettings } from "./fetch-options.ts";
import { parseCount, parseSize } from "./parse-quantity.ts";

const IDENTITY = "What it is";
const SOURCE = "How it is read";

/** For commands that put one package into the store. */
export const IDENTITY_OPTIONS = {
  name: { type: "string", value: "NAME", describe: "Call it NAME instead of what its file name says", group: IDENTITY },
  version: {
    type: "string",
    value: "VERSION",
    describe: "Say it is VERSION instead of what its file name says",
    group: IDENTITY,
  },
  integrity: {
    type: "string",
    value: "SRI",
    describe: "Take a file or URL only with the content SRI: sha256-…, sha512-…",
    group: IDENTITY,
  },
} as const satisfies OptionSpecs;

/** For commands that read packages from somewhere. */
export const SOURCE_OPTIONS = {
  strip: {
    type: "string",
    value: "N",
    parse: parseStrip,
    describe: "Leave out the first N directories of an archive's names (auto: the only one at the top)",
    group: SOURCE,
  },
  "import-method": {
    type: "string",
    value: "HOW",
    choices: ["auto", "reflink", "hardlink", "copy"],
    describe: "Get files into the store by HOW: reflink, hardlink or copy; auto chooses",
    group: SOURCE,
  },
  checksum: {
    type: "boolean",
    describe: "Read every file of a directory, also when nothing about it was changed since it was added",
    group: SOURCE,
  },
  "max-bytes": {
    type: "string",
    value: "SIZE",
    parse: parseSize,
    describe: "Refuse an archive that holds more than SIZE, and a download that is larger (64G)",
    group: SOURCE,
  },
  "max-ratio": {
    type: "string",
    value: "N",
    parse: parseCount,
    describe: "Refuse an archive that grows to more than N times its size (400)",
    group: SOURCE,
  },
  "max-entries": {
    type: "string",
    value: "N",
    parse: parseCount,
    describe: "Refuse an archive with more than N entries (5000000)",
    group: SOURCE,
  },
  ...FETCH_OPTIONS,
} as const satisfies OptionSpecs;

type SourceValues = Values<Record<never, never>, typeof SOURCE_OPTIONS>;
type IdentityValues = Values<Record<never, never>, typeof IDENTITY_OPTIONS>;

/** How packages are read, as the options say. */
export function sourceInput(args: SourceValues, cwd: string): Omit<PackageInput, "from"> {
  const limits = {
    ...(args["max-bytes"] !== undefined && { maxBytes: args["max-bytes"] }),
    ...(args["max-ratio"] !== undefined && { maxRatio: args["max-ratio"] }),
    ...(args["max-entries"] !== undefined && { maxEntries: args["max-entries"] }),
  };
  return {
    ...fetchSettings(args, { cwd }),
    strip: args.strip,
    importMethod: args["import-method"],
    checksum: args.checksum,
    limits,
  };
}

/**
 * One input for each SPEC.
 * @throws StoreError USAGE when a name, version or integrity is given for several
 */
export function packageInputs(
  specs: readonly string[],
  args: SourceValues & IdentityValues,
  cwd: string,
): readonly PackageInput[] {
  const { name, version, integrity } = args;
  const single = Object.entries({ name, version, integrity }).find(([, value]) => value !== undefined);
  if (single && specs.length > 1) {
    throw new StoreError("USAGE", `--${single[0]} can stand for one package only, and there are ${specs.length}`, {
      hint: `Run the command once for each package that needs --${single[0]}.`,
    });
  }
  return specs.map((from) => ({ ...sourceInput(args, cwd), from, name, version, integrity }));
}

function parseStrip(text: string): "auto" | number {
  if (text === "auto") return text;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new StoreError("USAGE", `--strip cannot be '${text}'`, { hint: "Write auto, 0, 1, 2 and so on." });
}
