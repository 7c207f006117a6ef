import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What of the host a build may see, at the same place and never writable. */
export type HostMount =
  | { readonly kind: "bind"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  /** An empty directory over what the host has there. */
  | { readonly kind: "hide"; readonly path: string };

export interface HostToolchain {
  /** In the order in which they must be made. */
  readonly mounts: readonly HostMount[];
  /** PATH of the host's tools, inside and outside. */
  readonly path: string;
  readonly bash: string;
}

const HOST_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

/** The file that `name` means in `path`, as the shell would find it. */
export function findInPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((directory) => directory.startsWith("/"))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/**
 * PATH of the host's tools, inside and outside of a sandbox.
 * @param userPath PATH of the user, to find tools that are not in the usual places
 */
export function hostToolPath(userPath: string): string {
  const path = searchedPath(userPath);
  return liesInLocal(basicTools(path)) ? `/usr/local/bin:${path}` : path;
}

/**
 * `/usr` with the directories at the root that belong to it, links where the host has links; of `/etc` only what a
 * toolchain reads. What an administrator put into `/usr/local` differs from machine to machine, and compilers look there
 * without being asked: it is hidden, unless the compiler itself lies there. Hosts that keep their tools elsewhere (NixOS,
 * Guix System) show that store.
 * @param userPath PATH of the user, to find tools that are not in the usual places
 */
export function findHostToolchain(userPath: string): HostToolchain {
  const path = searchedPath(userPath);
  const tools = basicTools(path);
  const elsewhere = ["/nix/store", "/gnu/store"].filter((store) => tools.some((tool) => tool.startsWith(`${store}/`)));
  const local = liesInLocal(tools);
  return {
    mounts: [
      { kind: "bind", path: "/usr" },
      ...(isDirectory("/usr/local") && !local ? [{ kind: "hide", path: "/usr/local" } as const] : []),
      ...["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", ...elsewhere].flatMap(mountOf),
      ...listEtc().flatMap(mountOf),
    ],
    path: hostToolPath(userPath),
    bash: findInPath("bash", path) ?? "/bin/bash",
  };
}

function searchedPath(userPath: string): string {
  return findInPath("bash", HOST_PATH) && findInPath("cc", HOST_PATH) ? HOST_PATH : `${HOST_PATH}:${userPath}`;
}

function basicTools(path: string): readonly string[] {
  return ["bash", "cc", "make"].map((name) => realPathOf(findInPath(name, path)));
}

function liesInLocal(tools: readonly string[]): boolean {
  return tools.some((tool) => tool.startsWith("/usr/local/"));
}

/**
 * Debian's choice of awk, cc and others; the linker's and loader's search path; the configuration of Java; catalogues
 * for documentation tools; numbers and names of protocols, file types.
 */
const ETC = /^(alternatives|ld\.so\..*|ld-musl-.*\.path|java.*|xml|sgml|services|protocols|magic|mime\.types)$/;

function listEtc(): readonly string[] {
  return readdirSync("/etc")
    .filter((name) => ETC.test(name))
    .sort()
    .map((name) => `/etc/${name}`);
}

function mountOf(path: string): readonly HostMount[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isSymbolicLink()) return [{ kind: "link", path, target: readlinkSync(path) }];
  return [{ kind: "bind", path }];
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function realPathOf(path: string | undefined): string {
  return path === undefined ? "" : realpathSync(path);
}
