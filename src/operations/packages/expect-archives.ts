import { statSync } from "node:fs";
import { resolve } from "node:path";
import { startThreadsAhead } from "../../store/import/runner.ts";
import type { PackageInput } from "./stage-package.ts";

/** Starts the threads that will unpack large archives: they are ready when the store is open. */
export function expectArchives(inputs: readonly Pick<PackageInput, "from" | "cwd">[]): void {
  startThreadsAhead(Math.max(...inputs.map(bytesIn)));
}

/** Bytes of an archive that is a file of this machine; what is wrong with another input is told when it is read. */
function bytesIn({ from, cwd }: Pick<PackageInput, "from" | "cwd">): number {
  try {
    const status = statSync(resolve(cwd, from));
    return status.isFile() ? status.size : 0;
  } catch {
    return 0;
  }
}
