import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const SCRIPT = `
  const [top, levels, name] = process.argv.slice(1);
  process.chdir(top);
  for (let level = 0; level < Number(levels); level++) {
    fs.mkdirSync(name);
    process.chdir(name);
  }
  fs.writeFileSync("f", "deep");
`;

/** Makes a directory with so many others in each other, and a file in the last: no path need reach it. */
export function makeDeepTree(top: string, { levels, name = "d" }: { levels: number; name?: string }): string {
  mkdirSync(top, { recursive: true });
  // No system call takes more than a step: from one directory into the next.
  execFileSync(process.execPath, ["-e", SCRIPT, top, String(levels), name]);
  return top;
}
