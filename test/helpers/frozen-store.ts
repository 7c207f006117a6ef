import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashBlob } from "../../src/model/git-object.ts";
import { layoutOf } from "../../src/store/layout.ts";

type Line =
  | { readonly kind: "directory"; readonly path: string; readonly mode: string; readonly mtime: number }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: string;
      readonly mtime: number;
      readonly text: string;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string; readonly mtime: number }
  /** The pool has the file at `of`. */
  | { readonly kind: "pool"; readonly of: string };

/** Makes the store that `scripts/freeze-store.mjs` wrote into `fixtures/stores/<name>.jsonl`, at a root of a test. */
export function thawStore(name: string, root: string): void {
  const file = fileURLToPath(new URL(`../../fixtures/stores/${name}.jsonl`, import.meta.url));
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const { storeDir, canonicalStoreDir } = layoutOf(root, 48);
  const idOf = (path: string) => hashBlob(readFileSync(place(path)));
  mkdirSync(root, { mode: 0o700 });
  for (let byte = 0; byte < 256; byte++)
    mkdirSync(join(root, "files", byte.toString(16).padStart(2, "0")), { recursive: true });
  for (const line of lines) thaw(line);
  for (const line of lines.reverse()) if (line.kind === "directory") finish(line);

  function thaw(line: Line): void {
    switch (line.kind) {
      case "directory":
        mkdirSync(place(line.path), { recursive: true });
        break;
      case "file":
        writeFileSync(place(line.path), moved(line.text));
        finish(line);
        break;
      case "link":
        symlinkSync(moved(line.target), place(line.path));
        lutimesSync(place(line.path), line.mtime, line.mtime);
        break;
      case "pool":
        linkSync(place(line.of), poolPlace(line.of));
    }
  }
  function poolPlace(of: string): string {
    const id = idOf(of);
    const executable = lines.some((line) => line.kind === "file" && line.path === of && line.mode === "555");
    return join(root, "files", id.slice(0, 2), `${id}${executable ? "x" : ""}`);
  }
  function finish({ path, mode, mtime }: Extract<Line, { mode: string }>): void {
    chmodSync(place(path), Number.parseInt(mode, 8));
    utimesSync(place(path), mtime, mtime);
  }
  function place(path: string): string {
    return join(root, path.replace("{{pkgs}}", basename(storeDir)));
  }
  function moved(text: string): string {
    const here = text.split("{{pkgs}}").join(basename(storeDir)).split(canonicalStoreDir).join(storeDir);
    return here.replace(/\{\{blob (.+?)\}\}/g, (_, path: string) => idOf(path));
  }
}
