import { BASH_SCRIPT } from "./scripts/bash.ts";
import { FISH_SCRIPT } from "./scripts/fish.ts";
import { ZSH_SCRIPT } from "./scripts/zsh.ts";
import type { CompletionShell } from "./shells.ts";

/** What a shell has to evaluate so that it completes the words of `store`. */
export function completionScript(shell: CompletionShell): string {
  switch (shell) {
    case "bash":
      return BASH_SCRIPT;
    case "zsh":
      return ZSH_SCRIPT;
    case "fish":
      return FISH_SCRIPT;
  }
}
