import type { CommandContext } from "./context.ts";

/** Pins or unpins the generation that these words name, and tells of it. */
export async function setPin(context: CommandContext, words: readonly string[], pinned: boolean): Promise<void> {
  const { pin } = await import("../operations/profiles/pin.ts");
  const selector = words.length === 0 ? undefined : words.join(" ");
  const store = await context.openStore();
  const result = await pin(store, context.profile, { selector, pinned }, context.run);
  const state = pinned ? "pinned" : "not pinned";
  context.output.result(result, () => [`gen-${result.generation} is ${result.changed ? "now" : "already"} ${state}`]);
}
