import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import type { HostMount, HostToolchain } from "./sandbox/host-toolchain.ts";
import { IDENTITY_FILES, SANDBOX_IDENTITY, type SandboxIdentity } from "./sandbox/identity.ts";
import { limitedCommand, SANDBOX_LIMITS, type SandboxLimits } from "./sandbox/limits.ts";

/** What `probeSandbox` found out about this machine. */
export interface SandboxTools {
  readonly bubblewrap: string;
  readonly version: string;
  /** bubblewrap can limit the size of a tmpfs (0.7 and later, not installed setuid). */
  readonly sizes: boolean;
  /** bubblewrap can forbid further user namespaces (0.8 and later, not installed setuid). */
  readonly disableUserns: boolean;
  readonly toolchain: HostToolchain;
}

export interface SandboxBind {
  /** An absolute path of the host. */
  readonly from: string;
  /** An absolute path inside; missing directories above it are made. */
  readonly to: string;
  readonly writable?: boolean | undefined;
}

export interface SandboxSpec {
  readonly tools: SandboxTools;
  /** The directory that `writeIdentityFiles` filled. */
  readonly identityDirectory: string;
  readonly identity?: SandboxIdentity | undefined;
  /**
   * Store objects and whatever else the build may see, in this order: a bind may lie in an earlier one. When the
   * canonical storeDir is a writable bind of an empty directory and each input a bind in it, then the output is an
   * ordinary entry of that directory, which the build can make, remove and rename.
   */
  readonly binds: readonly SandboxBind[];
  /** A directory of the host, writable inside as `/build`. */
  readonly buildDirectory: string;
  /** A directory of the host as `/tmp`, on its disk; without it `/tmp` lies in memory and is limited in size. */
  readonly tmpDirectory?: string | undefined;
  readonly command: readonly string[];
  /** Inside; `/build` unless given. */
  readonly cwd?: string | undefined;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: Partial<SandboxLimits> | undefined;
  /** Only for fetching: the build then also reaches abstract sockets of the host. */
  readonly network?: boolean | undefined;
  /** Keeps the terminal, for a person. */
  readonly interactive?: boolean | undefined;
  /** How many files from 3 on the command is meant to have. */
  readonly fds?: number | undefined;
  /** A file number to which bubblewrap writes the pid of the sandbox's first process, as JSON. */
  readonly infoFd?: number | undefined;
}

/** Where a build works, inside. */
export const SANDBOX_BUILD_DIRECTORY = "/build";

/**
 * The bubblewrap command that runs `spec.command` in a world of its own. Run it with an empty environment: the
 * build's variables (LD_PRELOAD) reach it only when it is locked in.
 *
 * User, mount, pid, ipc, uts, cgroup and (unless `network`) net namespaces are new; the store's user is `identity.uid`
 * inside, so that files made inside are the store's user's outside. Everything is read-only except `/build`, `/tmp`,
 * `/dev/shm` and writable binds; nothing can be set-uid; when bubblewrap or its parent dies, all processes die.
 * @throws StoreError INVALID_INPUT when a path is not absolute, or a variable cannot exist
 */
export function sandboxCommand(spec: SandboxSpec): { readonly command: string; readonly args: readonly string[] } {
  const { bash } = spec.tools.toolchain;
  const limits = { ...SANDBOX_LIMITS, ...spec.limits };
  const binds: readonly SandboxBind[] = [
    { from: spec.buildDirectory, to: SANDBOX_BUILD_DIRECTORY, writable: true },
    ...spec.binds,
  ];
  return {
    command: spec.tools.bubblewrap,
    args: [
      ...namespaceArgs(spec),
      ...["--dir", "/etc"],
      ...spec.tools.toolchain.mounts.flatMap((mount) => hostMountArgs(mount)),
      ...identityArgs(spec),
      ...specialMountArgs(spec, limits),
      ...parentsOf(binds).flatMap((path) => ["--dir", path]),
      ...binds.flatMap(bindArgs),
      ...["--remount-ro", "/", "--chdir", spec.cwd ?? SANDBOX_BUILD_DIRECTORY],
      ...(spec.infoFd === undefined ? [] : ["--info-fd", String(spec.infoFd)]),
      "--",
      ...limitedCommand(spec.command, { bash, limits, env: spec.env, fds: spec.fds ?? 0 }),
    ],
  };
}

function namespaceArgs(spec: SandboxSpec): readonly string[] {
  const { uid, gid, hostname } = spec.identity ?? SANDBOX_IDENTITY;
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(spec.network ? [] : ["--unshare-net"]),
    ...(spec.tools.disableUserns ? ["--disable-userns"] : []),
    ...["--die-with-parent", "--cap-drop", "ALL"],
    ...(spec.interactive ? [] : ["--new-session"]),
    ...["--uid", String(uid), "--gid", String(gid), "--hostname", hostname],
  ];
}

function hostMountArgs(mount: HostMount): readonly string[] {
  switch (mount.kind) {
    case "bind":
      return ["--ro-bind", mount.path, mount.path];
    case "link":
      return ["--symlink", mount.target, mount.path];
    case "hide":
      return ["--tmpfs", mount.path, "--remount-ro", mount.path];
  }
}

function identityArgs(spec: SandboxSpec): readonly string[] {
  const files = IDENTITY_FILES.flatMap((name) => ["--ro-bind", `${spec.identityDirectory}/${name}`, `/etc/${name}`]);
  const network = ["/etc/resolv.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki"];
  return [...files, ...(spec.network ? network.flatMap((path) => ["--ro-bind-try", path, path]) : [])];
}

/**
 * `/proc` is read-only: when the store's user is root, `/proc/sys` of the host would be writable by owner, without any
 * capability. `/dev` is too: its devices stay writable, but nothing can be put beside them.
 */
function specialMountArgs(spec: SandboxSpec, limits: SandboxLimits): readonly string[] {
  const size = (bytes: number): readonly string[] => (spec.tools.sizes ? ["--size", String(bytes)] : []);
  return [
    ...["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"],
    ...[...size(limits.sharedMemoryBytes), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...(spec.tmpDirectory === undefined
      ? [...size(limits.tmpBytes), "--tmpfs", "/tmp"]
      : ["--bind", spec.tmpDirectory, "/tmp"]),
    ...["--dir", "/var", "--symlink", "../tmp", "/var/tmp"],
  ];
}

function bindArgs(bind: SandboxBind): readonly string[] {
  for (const path of [bind.from, bind.to]) {
    if (path.startsWith("/") && !path.includes("\0")) continue;
    throw new StoreError("INVALID_INPUT", `'${path}' cannot be shown in the sandbox: it is not an absolute path`);
  }
  return [bind.writable ? "--bind" : "--ro-bind", bind.from, bind.to];
}

/** Directories above the binds; bubblewrap would make them too, but closed to everybody else. */
function parentsOf(binds: readonly SandboxBind[]): readonly string[] {
  const parents = new Set<string>();
  for (const { to } of binds) {
    const inEarlier = binds.some((other) => to.startsWith(`${other.to}/`));
    for (let path = dirname(to); !inEarlier && path !== "/" && path !== "."; path = dirname(path)) parents.add(path);
  }
  return [...parents].sort();
}
