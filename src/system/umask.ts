/** What the store and its builds make has the same modes for whoever makes it. */
const OWN_UMASK = 0o022;

/** Where the umask is kept meanwhile: the program is bundled in several files, each with this module of its own. */
const USERS_UMASK = Symbol.for("store.usersUmask");
const kept: typeof globalThis & { [USERS_UMASK]?: number | undefined } = globalThis;

/** From now on files are made with the store's umask, until this is disposed of; what is made `asUser` with the user's. */
export function holdUmask(): Disposable {
  const before = process.umask(OWN_UMASK);
  kept[USERS_UMASK] = before;
  return {
    [Symbol.dispose]: () => {
      kept[USERS_UMASK] = undefined;
      process.umask(before);
    },
  };
}

/**
 * Does at once, with the umask that this process came with, what a user asked for outside of the store: makes a file, or
 * starts a command. All threads have one umask, so it is nothing to wait in.
 */
export function asUser<T>(make: () => T): T {
  const umask = kept[USERS_UMASK];
  if (umask === undefined) return make();
  const own = process.umask(umask);
  try {
    return make();
  } finally {
    process.umask(own);
  }
}
