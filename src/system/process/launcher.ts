import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { StoreError } from "../../errors.ts";

/**
 * A small process that starts commands for this one. Node starts a child by fork(2): the kernel write-protects all its
 * memory, and each page costs a fault when it is written to again; for a short build that is more than all the rest.
 */
export interface Launcher extends Disposable {
  /**
   * Starts a command in `/`, with an empty environment, as leader of its own process group in the launcher's session.
   * `undefined` when it cannot be started in this way: its arguments are long, or the launcher has ended.
   */
  launch(command: string, args: readonly string[], files: LaunchFiles): Promise<Launched | undefined>;
}

export interface LaunchFiles {
  /** Open for writing: stdout and stderr of the command. */
  readonly output: number;
  /** The command gets them as 3, 4, 5 and so on, opened anew. */
  readonly fds: readonly number[];
}

export interface Launched {
  readonly pid: number;
  /**
   * Waits for the end: a status as shells count, 128 and the number of the signal. Only to be called when the command is
   * about to end, since nothing is started meanwhile.
   * @throws StoreError FAILED when the launcher was killed, and the command with it
   */
  wait(): Promise<number>;
}

/**
 * A launcher, which starts with the first command and ends with this process. What it starts must end with its own
 * parent, as bubblewrap does.
 * @param bash absolute path
 */
export function createLauncher(bash: string): Launcher {
  let loop: ChildProcess | undefined;
  let ask: Conversation | undefined;
  const start = (): Conversation => {
    loop = startLoop(bash);
    return conversation(loop);
  };
  return {
    async launch(command, args, files) {
      const text = launchText(command, args, files);
      if (Buffer.byteLength(text) > LONGEST) return undefined;
      ask ??= start();
      const talk = ask;
      const pid = Number(await talk(text));
      if (!Number.isInteger(pid) || pid <= 0) return undefined;
      return {
        pid,
        async wait() {
          const status = await talk(`wait ${pid}; echo $?`);
          if (status !== undefined) return Number(status);
          throw new StoreError("FAILED", "the process that starts the builds was killed", {
            hint: "Run the command again; what was built is kept.",
          });
        },
      };
    },
    [Symbol.dispose]: () => void loop?.stdin?.end(),
  };
}

/** Longer commands are few, and the kernel's limits (E2BIG) are told best by the one who asked. */
const LONGEST = 65_536;

/**
 * Closes what bash keeps open for a terminal, then reads a length in bytes, and as many bytes of shell text to carry out:
 * `read -N` takes them at once, and a line would be read byte by byte. Each text answers with one line.
 */
const LOOP = `set -m
export -n LC_ALL
for fd in /proc/self/fd/*; do fd=\${fd##*/}; if ((fd > 2)); then eval "exec $fd>&-"; fi; done
while read -r length; do IFS= read -rN "$length" text; eval "$text"; done`;

/** Asks the launcher, one question after the other; the answer is `undefined` once it has ended. */
type Conversation = (text: string) => Promise<string | undefined>;

function startLoop(bash: string): ChildProcess {
  const options: SpawnOptions = { cwd: "/", env: { LC_ALL: "C" }, detached: true, stdio: ["pipe", "pipe", "ignore"] };
  return spawn(bash, ["--norc", "-c", LOOP], options);
}

/**
 * The files are opened before the command is started and not in its process, which may do so only when they are closed
 * here. `exec -c` leaves nothing in the environment.
 */
function launchText(command: string, args: readonly string[], { output, fds }: LaunchFiles): string {
  const file = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;
  const redirections = [`</dev/null >${file(output)} 2>&1`, ...fds.map((fd, index) => `${3 + index}<>${file(fd)}`)];
  const words = [command, ...args].map(quoted).join(" ");
  return `pid=; { exec -c -- ${words} & pid=$!; } ${redirections.join(" ")}; echo "$pid"`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function conversation(child: ChildProcess): Conversation {
  const waiting: ((answer: string | undefined) => void)[] = [];
  let rest = "";
  let over = false;
  const end = (): void => {
    over = true;
    for (const answer of waiting.splice(0)) answer(undefined);
  };
  child.once("error", end);
  child.stdin?.on("error", end);
  child.stdout?.on("close", end);
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) waiting.shift()?.(line);
  });
  return async (text) => {
    if (over) return undefined;
    return await new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin?.write(`${Buffer.byteLength(text)}\n${text}`);
    });
  };
}
