import { parseProfileName } from "../model/ids.ts";
import type { OptionSpecs, Values } from "./command.ts";
import { parseTopics, TOPICS } from "./debug-topics.ts";

const PLACE = "Where";
const OUTPUT = "Output";

/** Options that stand before or after any command. */
export const GLOBAL_OPTIONS = {
  root: {
    type: "string",
    value: "DIR",
    completes: "directory",
    describe: "Use the store in DIR ($STORE_ROOT, else $XDG_DATA_HOME/store or ~/.local/share/store)",
    group: PLACE,
  },
  admindir: {
    type: "string",
    value: "DIR",
    completes: "directory",
    describe: "Keep log, generations, roots and index of a new store in DIR; it remembers that ($STORE_ADMINDIR)",
    group: PLACE,
  },
  instdir: {
    type: "string",
    value: "DIR",
    completes: "directory",
    describe: "Keep a link DIR/PROFILE to what is live ($STORE_INSTDIR, else the setting instdir)",
    group: PLACE,
  },
  profile: {
    type: "string",
    alias: "p",
    value: "NAME",
    completes: "profile",
    parse: parseProfileName,
    describe: "Work on the profile NAME ($STORE_PROFILE, else default)",
    group: PLACE,
  },
  recipes: {
    type: "string",
    value: "DIR",
    many: true,
    completes: "directory",
    describe: "Look for recipes in DIR; can be repeated, earlier wins ($STORE_RECIPES)",
    group: PLACE,
  },
  "tracking-journal": {
    type: "string",
    value: "FILE",
    completes: "path",
    describe: "Record the change in FILE, for `store rollback --journal` and `store replay`",
    group: PLACE,
  },
  repository: {
    type: "string",
    value: "DIR|URL",
    many: true,
    completes: "directory",
    describe: "Look for packed objects in DIR or below URL; can be repeated, earlier wins ($STORE_REPOSITORIES)",
    group: PLACE,
  },
  recursive: {
    type: "boolean",
    describe: "Look into the subdirectories of repositories, too; of a URL where its packed-objects.json says",
    group: PLACE,
  },
  wait: {
    type: "boolean",
    default: true,
    describe: "Wait for a process that is changing the store; --no-wait ends with status 5 at once",
    group: PLACE,
  },
  json: { type: "boolean", describe: "Print the result, and errors, as JSON", group: OUTPUT },
  quiet: { type: "boolean", alias: "q", describe: "No warnings and no notes; errors still appear", group: OUTPUT },
  verbose: { type: "boolean", alias: "v", describe: "Tell each step, and where an error comes from", group: OUTPUT },
  debug: {
    type: "string",
    value: "TOPIC,…",
    many: true,
    completes: TOPICS,
    separator: ",",
    parse: parseTopics,
    describe: `Trace TOPIC,… to stderr with times: ${TOPICS.join(", ")}`,
    group: OUTPUT,
  },
  color: {
    type: "string",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    describe: "Use colours: auto, always or never ($NO_COLOR, $FORCE_COLOR)",
    group: OUTPUT,
  },
  progress: {
    type: "boolean",
    default: true,
    describe: "Show on a terminal how far long work is; --no-progress hides it",
    group: OUTPUT,
  },
} as const satisfies OptionSpecs;

export type GlobalValues = Values<Record<never, never>, typeof GLOBAL_OPTIONS>;
