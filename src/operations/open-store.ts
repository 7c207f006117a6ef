import { readlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import { searchableDirectory } from "../model/searchable.ts";
import type { StoreContext } from "../store/context.ts";
import type { Width } from "../store/layout.ts";
import { openStoreAt, type Store } from "../store/open-store.ts";
import { baseDirectory } from "../system/base-directories.ts";

export interface OpenStoreOptions {
  /** Default: `$STORE_ROOT`, else `$XDG_DATA_HOME/store`, else `~/.local/share/store`; relative ones of the latter two are ignored. */
  readonly root?: string | undefined;
  /** Where profiles, log, roots and index lie. Default: `$STORE_ADMINDIR`, else as the store was made. */
  readonly adminDir?: string | undefined;
  /** Where a link `<profile>` to what is live is kept. Default: `$STORE_INSTDIR`, else the setting `instdir`. */
  readonly instDir?: string | undefined;
  /** Width of a store that is created: 48 (default), 80 or 128 bytes. */
  readonly width?: Width | undefined;
  /** Create the store when there is none. Default: true. */
  readonly create?: boolean | undefined;
  readonly allowUnsafeRoot?: boolean | undefined;
  /** Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly now?: (() => Date) | undefined;
  /** IANA name. Default: `$TZ`, else that of the system. */
  readonly timeZone?: string | undefined;
  /** How the change is told in the log; `command[0]` is `store`. */
  readonly command?: readonly string[] | undefined;
  /** Hears of what was repaired on the way, such as a log that had lost its end. */
  readonly notice?: StoreContext["notice"];
  /** Told what is written to the log, and what is going to be changed. */
  readonly trace?: StoreContext["trace"];
  /** Wait for a lock that another process holds. Default: true. */
  readonly wait?: boolean | undefined;
}

/**
 * Opens a store, creating it on first use.
 * @throws StoreError NOT_FOUND, UNSAFE, INVALID_INPUT, NEWER_FORMAT, DAMAGED
 */
export async function openStore(options: OpenStoreOptions = {}): Promise<Store> {
  const env = options.env ?? process.env;
  const { width, create, allowUnsafeRoot } = options;
  const adminDir = options.adminDir ?? env.STORE_ADMINDIR;
  return openStoreAt({
    root: options.root ?? defaultRoot(env),
    ...(adminDir && { adminDir }),
    ...(width !== undefined && { width }),
    ...(create !== undefined && { create }),
    ...(allowUnsafeRoot !== undefined && { allowUnsafeRoot }),
    context: {
      now: options.now ?? (() => new Date()),
      timeZone: options.timeZone ?? systemTimeZone(env),
      command: options.command ?? ["store", "(library)"],
      user: userName(env),
      wait: options.wait ?? true,
      notice: options.notice,
      env,
      trace: options.trace,
      instDir: instDirOf(options.instDir ?? (env.STORE_INSTDIR || undefined)),
    },
  });
}

/** @throws StoreError NOT_FOUND where the user has no home directory */
export function defaultRoot(env: Readonly<Record<string, string | undefined>>): string {
  if (env.STORE_ROOT) return env.STORE_ROOT;
  const data = baseDirectory(env, "data");
  if (data !== undefined) return join(data, "store");
  throw new StoreError("NOT_FOUND", "you have no home directory, in which the store would lie", {
    hint: "Name the store with --root or $STORE_ROOT, or set $HOME to an absolute path.",
  });
}

function instDirOf(directory: string | undefined): string | undefined {
  if (directory === undefined) return undefined;
  return searchableDirectory(directory, "Name another directory with --instdir or $STORE_INSTDIR.");
}

/** Names of Coordinated Universal Time in the time zone database. */
const UTC = /^(?:Etc\/)?(?:UTC|UCT|Universal|Zulu)$/;

/**
 * Asking Intl costs milliseconds at every start; the link that most systems have costs none. Nor does any calculation in
 * UTC, when it is called by that name.
 */
function systemTimeZone(env: Readonly<Record<string, string | undefined>>): string {
  const zone = env.TZ && /^[A-Za-z]/.test(env.TZ) ? env.TZ : linkedTimeZone();
  if (zone === undefined) return Intl.DateTimeFormat().resolvedOptions().timeZone;
  return UTC.test(zone) ? "UTC" : zone;
}

function linkedTimeZone(): string | undefined {
  try {
    return /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync("/etc/localtime"))?.[1];
  } catch {
    // No such link: Intl knows.
    return undefined;
  }
}

function userName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
