import { basename } from "node:path";
import { StoreError } from "../../errors.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * What the kernel itself limits. Processes count per sandbox since Linux 5.14, per user before; not at all when the
 * store's user is root. File size and address space count per process.
 */
export interface SandboxLimits {
  readonly processes?: number | undefined;
  readonly fileBytes?: number | undefined;
  /** `undefined`: programs that reserve much and use little (Java, Go, sanitizers) are many. */
  readonly addressBytes?: number | undefined;
  /** The private `/tmp`, while it lies in memory. */
  readonly tmpBytes: number;
  /** POSIX shared memory, `/dev/shm`. */
  readonly sharedMemoryBytes: number;
}

export const SANDBOX_LIMITS: SandboxLimits = {
  processes: 4096,
  fileBytes: 64 * GIB,
  tmpBytes: 2 * GIB,
  sharedMemoryBytes: 256 * MIB,
};

export interface LimitedCommandOptions {
  readonly bash: string;
  readonly limits: SandboxLimits;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** How many files from 3 on the command is meant to have. */
  readonly fds: number;
}

/**
 * A command that sets umask, limits and open files as every build has them, and becomes `command`. Soft limits that
 * programs can see are the same everywhere; files that a careless parent of ours left open are closed. The variables
 * come last, so that none of them (BASH_ENV, LD_PRELOAD) can keep the limits from being set.
 * @throws StoreError INVALID_INPUT when a variable cannot exist
 */
export function limitedCommand(command: readonly string[], options: LimitedCommandOptions): readonly string[] {
  const { limits } = options;
  const settings = [
    "-c 0",
    "-Ss 8192",
    "-Sn 1024",
    ...setting("-u", limits.processes),
    ...setting("-f", limits.fileBytes, KIB),
    ...setting("-v", limits.addressBytes, KIB),
  ];
  const script = [
    `for fd in /proc/self/fd/*; do fd=\${fd##*/}; if ((fd > ${2 + options.fds})); then eval "exec $fd>&-"; fi; done`,
    "umask 022",
    // A limit that the user's own session sets lower already cannot be raised, and need not be.
    ...settings.map((text) => `ulimit ${text} 2>/dev/null || :`),
    ...becomeCommand(command, options.env),
  ].join("\n");
  return [options.bash, "-p", "-c", script, "build", ...Object.entries(options.env).map(assignment), ...command];
}

/** The shell text that becomes the command with exactly these variables, which stand before it in the arguments. */
function becomeCommand([program = ""]: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const names = Object.keys(env);
  if (basename(program) !== "bash" || !names.every(isPlainName)) return ['exec -- /usr/bin/env -i -- "$@"'];
  // What this shell exports of its own accord is what the next one sets for itself.
  const [count, own] = [names.length, "PWD OLDPWD SHLVL"];
  return [`unset ${own}`, ...(count > 0 ? [`export -- "\${@:1:${count}}"; shift ${count}`] : []), 'exec -- "$@"'];
}

/**
 * Whether a shell takes a variable of this name for nothing but a variable. One process less: to start `env` takes as
 * long as a tenth of a short build.
 */
function isPlainName(name: string): boolean {
  const own = /^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TZ|LC_ALL|SOURCE_DATE_EPOCH|PYTHONDONTWRITEBYTECODE)$/;
  return own.test(name) || /^(?:[a-z]\w*|\w*FLAGS|\w+PATH)$/.test(name);
}

function assignment([name, value]: readonly [string, string]): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes("\0")) return `${name}=${value}`;
  throw new StoreError("INVALID_INPUT", `'${name}' cannot be a variable of a build's environment`, {
    hint: "Names have letters, digits and _, and do not start with a digit; values cannot hold a zero byte.",
  });
}

function setting(flag: string, limit: number | undefined, unit = 1): readonly string[] {
  return limit === undefined ? [] : [`${flag} ${Math.ceil(limit / unit)}`];
}
