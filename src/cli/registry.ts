import type { Command } from "./command.ts";

type Loader = () => Promise<{ readonly command: Command }>;

const remove: Loader = () => import("./commands/remove.ts");

/** Every name that a command answers to, in the order of the help. A command loads nothing but itself. */
const LOADERS: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ["install", () => import("./commands/install.ts")],
  ["remove", remove],
  ["uninstall", remove],
  ["upgrade", () => import("./commands/upgrade.ts")],
  ["list", () => import("./commands/list.ts")],
  ["generations", () => import("./commands/generations.ts")],
  ["switch", () => import("./commands/switch.ts")],
  ["rollback", () => import("./commands/rollback.ts")],
  ["diff", () => import("./commands/diff.ts")],
  ["pin", () => import("./commands/pin.ts")],
  ["unpin", () => import("./commands/unpin.ts")],
  ["profiles", () => import("./commands/profiles.ts")],
  ["path", () => import("./commands/path.ts")],
  ["shellenv", () => import("./commands/shellenv.ts")],
  ["add", () => import("./commands/add.ts")],
  ["info", () => import("./commands/info.ts")],
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
