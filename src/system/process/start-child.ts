import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { isErrno, StoreError } from "../../errors.ts";
import { asUser } from "../umask.ts";

export interface ChildOptions extends SpawnOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** A command of the user's own: it gets their umask, and not the store's. */
  readonly asUser?: boolean | undefined;
}

/** A child that runs; `pid` is its process. */
export type StartedChild = ChildProcess & { readonly pid: number };

/**
 * Starts a child. Node throws some failures at once and tells others a moment later: both become one error here.
 * @throws StoreError NOT_FOUND, LIMIT, FAILED
 */
export async function startChild(
  command: string,
  args: readonly string[],
  { asUser: isUsers = false, ...options }: ChildOptions,
): Promise<StartedChild> {
  let child: ChildProcess;
  try {
    child = isUsers ? asUser(() => spawn(command, args, options)) : spawn(command, args, options);
  } catch (error) {
    throw startError(error, command, options);
  }
  if (child.pid !== undefined) return child as StartedChild;
  throw startError(await new Promise((resolve) => child.once("error", resolve)), command, options);
}

function startError(cause: unknown, command: string, options: ChildOptions): StoreError {
  if (isErrno(cause, "ENOENT") && !existsSync(options.cwd)) {
    return new StoreError("NOT_FOUND", `${command} cannot run in ${options.cwd}: there is no such directory`, {
      cause,
    });
  }
  // What PATH names can be a file.
  if (isErrno(cause, "ENOENT", "ENOTDIR")) return notFound(cause, command, options);
  if (isErrno(cause, "EACCES")) {
    const path = fileOf(command, options);
    return new StoreError("FAILED", `permission denied: ${path ?? command}${whyDenied(path)}`, {
      hint: "Check that it is executable for you and that its file system allows execution.",
      details: { command, ...(path !== undefined && { path }) },
      cause,
    });
  }
  if (isErrno(cause, "E2BIG")) {
    return new StoreError("LIMIT", `the arguments and environment of ${command} are too long for this system`, {
      hint: "Depend on fewer packages at once, or pass long lists in files.",
      cause,
    });
  }
  if (isErrno(cause, "EAGAIN", "ENOMEM", "EMFILE", "ENFILE")) {
    return new StoreError("LIMIT", `the system has no room for one more process (${command})`, {
      hint: "Look at ulimit -u and ulimit -n, end other programs, or use fewer jobs (-j).",
      cause,
    });
  }
  return new StoreError("FAILED", `the command ${command} could not be started: ${String(cause)}`, {
    hint: "Check that it is executable for you and that its file system allows execution.",
    cause,
  });
}

function notFound(cause: unknown, command: string, options: ChildOptions): StoreError {
  const file = fileOf(command, options);
  if (file !== undefined && existsSync(file))
    return new StoreError("NOT_FOUND", `${file} is there, but what it is to be run with was not found`, {
      hint: "Look at the interpreter in its first line, or at its loader: `file` and `ldd` tell it.",
      details: { command, path: file },
      cause,
    });
  const message = `the command ${command} was not found`;
  if (command.includes("/")) return new StoreError("NOT_FOUND", message, { details: { command }, cause });
  const path = options.env.PATH ?? "the system's default path";
  const hint = `Install it; it was looked for in ${path}.`;
  return new StoreError("NOT_FOUND", message, { hint, details: { command, path }, cause });
}

/** The first file that a command's name stands for, whether or not it can be executed. */
function fileOf(command: string, { cwd, env }: ChildOptions): string | undefined {
  if (command.includes("/")) return resolve(cwd, command);
  const directories = (env.PATH ?? "").split(delimiter);
  return directories.map((directory) => resolve(cwd, directory, command)).find((path) => existsSync(path));
}

function whyDenied(path: string | undefined): string {
  if (path === undefined) return "";
  try {
    if (statSync(path).isDirectory()) return " is a directory";
    accessSync(path, constants.X_OK);
    return "";
  } catch {
    return " is not executable";
  }
}
