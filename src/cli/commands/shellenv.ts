import { defineCommand } from "../command.ts";
import { chooseShell, SHELLS } from "../shell/choose-shell.ts";
import { shellScript } from "../shell/shell-script.ts";

export const command = defineCommand({
  name: "shellenv",
  summary: "Print shell commands that put the profile on the search paths",
  details:
    "For PATH, MANPATH, INFOPATH, XDG_DATA_DIRS, ACLOCAL_PATH, PKG_CONFIG_PATH and CMAKE_PREFIX_PATH. The paths lead " +
    "through the live link of the profile: after a switch nothing need be evaluated again. Name the shell in its start " +
    "file: $SHELL is that of the login, also in another shell that was started from there.",
  positionals: {},
  options: {
    shell: {
      type: "string",
      value: "SHELL",
      choices: SHELLS,
      describe: `Print commands for SHELL: ${SHELLS.join(", ")} ($SHELL)`,
    },
  },
  examples: [
    ['eval "$(store shellenv --shell bash)"', "in ~/.bashrc"],
    ['eval "$(store shellenv --shell zsh)"', "in ~/.zshrc"],
    ["store shellenv --shell fish | source", "in ~/.config/fish/config.fish"],
  ],
  json: "[{variable, directories[], keepDefault, systemDefault}]",
  endsAtOnce: () => true,
  async run(context, args) {
    const { shellEnvironment } = await import("../../operations/profiles/shell-environment.ts");
    const shell = args.shell ?? chooseShell(context.env);
    const store = await context.openStore();
    const paths = shellEnvironment(store, context.profile);
    context.output.result(paths, () => shellScript(shell, paths));
    return undefined;
  },
});
