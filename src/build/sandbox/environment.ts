/** 1980-01-01: the earliest time that a ZIP archive can hold. */
export const SOURCE_DATE_EPOCH = 315_532_800;

/** The home directory of a build: it does not exist and cannot be made. */
const SANDBOX_HOME = "/homeless";

/** What every build finds in its environment, before anything of its recipe; `path` as `HostToolchain` gives it. */
export function baseEnvironment(path: string): Record<string, string> {
  return {
    PATH: path,
    HOME: SANDBOX_HOME,
    USER: "build",
    LOGNAME: "build",
    SHELL: "/bin/bash",
    TERM: "dumb",
    TMPDIR: "/tmp",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH),
    // What Python keeps beside the modules that it imports has their times in it, and root can write to the inputs.
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
