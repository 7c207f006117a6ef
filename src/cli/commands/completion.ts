import { defineCommand } from "../command.ts";
import { COMPLETION_SHELLS } from "../completion/shells.ts";

export const command = defineCommand({
  name: "completion",
  summary: "Print a script that completes the words of `store` in a shell",
  positionals: { shell: { need: "one", describe: "bash, zsh or fish", choices: COMPLETION_SHELLS } },
  options: {},
  examples: [
    ["source <(store completion bash)", "in ~/.bashrc"],
    ["source <(store completion zsh)", "in ~/.zshrc, after compinit"],
    ["store completion fish > ~/.config/fish/completions/store.fish", "once"],
  ],
  json: "{shell, script}",
  async run(context, args) {
    const { completionScript } = await import("../completion/completion-script.ts");
    const script = completionScript(args.shell);
    context.output.result({ shell: args.shell, script }, () => [script]);
    return undefined;
  },
});
