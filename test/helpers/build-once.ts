import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the release bundle, which worker threads and the real `bin/store` run from. */
export default function buildOnce(): void {
  const script = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url));
  execFileSync(process.execPath, [script, "--no-types"], { stdio: "inherit" });
}
