import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly, timeCommand } from "./measure.mjs";

const STORE = fileURLToPath(new URL("../bin/store", import.meta.url));
const MEMORY_MAGIC = [0x01021994, 0x858458f6];

/** A directory on one filesystem in which a scene is played, with the programs that play. */
export class Place {
  constructor({ name, directory }) {
    this.name = name;
    this.directory = mkdtempSync(join(directory, "bench-"));
    this.inMemory = MEMORY_MAGIC.includes(Number(statfsSync(this.directory).type));
    if (this.inMemory !== (name === "memory")) {
      throw new Error(
        `${directory} is ${this.inMemory ? "" : "not "}on a memory filesystem; name another with --${name}`,
      );
    }
    this.env = {
      PATH: process.env.PATH,
      HOME: this.make("home"),
      TZ: "UTC",
      STORE_ROOT: this.path("s"),
      NIX_REMOTE: "",
      NIX_STORE_DIR: this.path("n/store"),
      NIX_STATE_DIR: this.path("n/var"),
      NIX_LOG_DIR: this.path("n/log"),
      NIX_CONF_DIR: this.path("n/etc"),
      NIX_CONFIG: "build-users-group =\nsandbox = false\nsubstituters =\n",
    };
  }

  path(name) {
    return join(this.directory, name);
  }

  make(name) {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }

  clear(name) {
    try {
      rmSync(this.path(name), { recursive: true, force: true });
    } catch {
      runQuietly(["chmod", "-R", "u+w", this.path(name)], this);
      rmSync(this.path(name), { recursive: true, force: true });
    }
  }

  /** Waits until everything that was written before is on the disk, so that it disturbs nobody. */
  settle() {
    if (!this.inMemory) runQuietly(["sync", "-f", this.directory], this);
  }

  freshStore() {
    this.clear("s");
    this.store("init");
  }

  freshNix() {
    this.clear("n");
    for (const name of ["n/store", "n/etc"]) this.make(name);
    this.run("nix-store", "--init");
  }

  /** Runs the store without timing it. */
  store(...args) {
    return this.run(process.execPath, STORE, ...args);
  }

  run(...command) {
    return runQuietly(command, { env: this.env, cwd: this.directory });
  }

  time(command) {
    return timeCommand(command, { env: this.env, cwd: this.directory, errors: this.path("errors") });
  }

  remove() {
    for (const name of ["s", "n", "."]) this.clear(name);
  }
}

/** The command line that is timed: as a user runs it. */
export function store(...args) {
  return [STORE, ...args];
}
