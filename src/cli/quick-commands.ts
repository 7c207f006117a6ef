import type { Command } from "./command.ts";

/** Loads a command, and nothing else. */
export type CommandLoader = () => Promise<{ readonly command: Command }>;

/**
 * Commands that look or switch and need no network, archive or compiler. They are bundled into one file with the
 * program's entry: to find and link dozens of modules takes longer than what they do. Of a command with `recall` only
 * that is there: the whole program runs it.
 */
export const QUICK_COMMANDS = {
  list: () => import("./commands/list.ts"),
  generations: () => import("./commands/generations.ts"),
  switch: () => import("./commands/switch.ts"),
  rollback: () => import("./commands/rollback.ts"),
  diff: () => import("./commands/diff.ts"),
  state: () => import("./commands/state.ts"),
  plan: () => import("./commands/plan.ts"),
  revert: () => import("./commands/revert.ts"),
  log: () => import("./commands/log.ts"),
  pin: () => import("./commands/pin.ts"),
  unpin: () => import("./commands/unpin.ts"),
  profiles: () => import("./commands/profiles.ts"),
  path: () => import("./commands/path.ts"),
  shellenv: () => import("./commands/shellenv.ts"),
  build: () => import("./commands/build.ts"),
} as const satisfies Readonly<Record<string, CommandLoader>>;

export async function loadQuickCommand(name: string): Promise<Command | undefined> {
  const loaders: Readonly<Record<string, CommandLoader>> = QUICK_COMMANDS;
  return Object.hasOwn(loaders, name) ? (await loaders[name]?.())?.command : undefined;
}
