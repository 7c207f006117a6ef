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
    'exec -- /usr/bin/env -i -- "$@"',
  ].join("\n");
  return [options.bash, "-p", "-c", script, "build", ...Object.entries(options.env).map(assignment), ...command];
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
