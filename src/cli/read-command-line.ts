import { parseQuickly } from "./arguments/parse-quickly.ts";
import type { Parsed } from "./arguments/parsed.ts";
import { loadCommand } from "./registry.ts";

/** A command to carry out, or a text: the answer to a question, or what is told to someone who asked for nothing. */
export type Understood =
  | { readonly kind: "command"; readonly parsed: Parsed }
  | { readonly kind: "text"; readonly text: string; readonly isAnswer: boolean };

/**
 * Reads the words after the program's name.
 * @throws StoreError USAGE with a suggestion, or what an option's `parse` throws
 */
export async function readCommandLine(argv: readonly string[]): Promise<Understood> {
  if (argv.length === 1 && argv[0] === "--version")
    return { kind: "text", text: `store ${version()}\n`, isAnswer: true };
  const parsed = await parseQuickly(argv, loadCommand);
  if (parsed) return { kind: "command", parsed };
  const { parseWithYargs } = await import("./arguments/parse-with-yargs.ts");
  const understood = await parseWithYargs(await withHelpOption(argv), { width: helpWidth(), version: version() });
  return understood.kind === "command" ? understood : { ...understood, isAnswer: argv.length > 0 };
}

/** `help COMMAND` is `COMMAND --help`, and no words at all ask for help, too. */
async function withHelpOption(argv: readonly string[]): Promise<readonly string[]> {
  const [first, topic] = argv;
  if (first !== undefined && first !== "help") return argv;
  const isTopic = topic === undefined || topic.startsWith("-") || (await loadCommand(topic)) !== undefined;
  return isTopic ? [...argv.slice(1), "--help"] : argv.slice(1);
}

const WIDEST_HELP = 100;

function helpWidth(): number {
  return Math.min(WIDEST_HELP, process.stdout.columns || WIDEST_HELP);
}

/** Filled in by the build. */
function version(): string {
  return process.env.STORE_VERSION ?? "unknown";
}
