import type { Command } from "./command.ts";
import { type CommandLoader, QUICK_COMMANDS as quick } from "./quick-commands.ts";

const remove: CommandLoader = () => import("./commands/remove.ts");

/** Every name that a command answers to, in the order of the help. */
const LOADERS: ReadonlyMap<string, CommandLoader> = new Map<string, CommandLoader>([
  ["install", () => import("./commands/install.ts")],
  ["remove", remove],
  ["uninstall", remove],
  ["upgrade", () => import("./commands/upgrade.ts")],
  ["list", quick.list],
  ["generations", quick.generations],
  ["switch", quick.switch],
  ["rollback", quick.rollback],
  ["revert", quick.revert],
  ["plan", quick.plan],
  ["state", quick.state],
  ["run", () => import("./commands/run.ts")],
  ["try", () => import("./commands/try.ts")],
  ["blame", () => import("./commands/blame.ts")],
  ["checkpoint", () => import("./commands/checkpoint.ts")],
  ["compare", () => import("./commands/compare.ts")],
  ["bisect", () => import("./commands/bisect.ts")],
  ["undo", () => import("./commands/undo.ts")],
  ["redo", () => import("./commands/redo.ts")],
  ["journal", () => import("./commands/journal.ts")],
  ["replay", () => import("./commands/replay.ts")],
  ["diff", quick.diff],
  ["log", quick.log],
  ["pin", quick.pin],
  ["unpin", quick.unpin],
  ["profiles", quick.profiles],
  ["path", quick.path],
  ["shellenv", quick.shellenv],
  ["add", () => import("./commands/add.ts")],
  ["build", () => import("./commands/build.ts")],
  ["fetch", () => import("./commands/fetch.ts")],
  ["recipe", () => import("./commands/recipe.ts")],
  ["derivation", () => import("./commands/derivation.ts")],
  ["why-rebuild", () => import("./commands/why-rebuild.ts")],
  ["log-of", () => import("./commands/log-of.ts")],
  ["debug", () => import("./commands/debug.ts")],
  ["repro", () => import("./commands/repro.ts")],
  ["verify", () => import("./commands/verify.ts")],
  ["doctor", () => import("./commands/doctor.ts")],
  ["info", () => import("./commands/info.ts")],
  ["why", () => import("./commands/why.ts")],
  ["closure", () => import("./commands/closure.ts")],
  ["du", () => import("./commands/du.ts")],
  ["gc", () => import("./commands/gc.ts")],
  ["delete", () => import("./commands/delete.ts")],
  ["archive", () => import("./commands/archive.ts")],
  ["root", () => import("./commands/root.ts")],
  ["roots", () => import("./commands/roots.ts")],
  ["config", () => import("./commands/config.ts")],
  ["init", () => import("./commands/init.ts")],
  ["completion", () => import("./commands/completion.ts")],
]);

/** The command that answers to `name`. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return (await LOADERS.get(name)?.())?.command;
}

/** Every command once. */
export async function loadCommands(): Promise<readonly Command[]> {
  const loaded = await Promise.all([...new Set(LOADERS.values())].map((load) => load()));
  return loaded.map(({ command }) => command);
}

/** Every name and alias. */
export function commandNames(): readonly string[] {
  return [...LOADERS.keys()];
}
