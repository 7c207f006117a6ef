import { readdirSync, renameSync, rmdirSync } from "node:fs";
import { type ByteString, fromText, toFsPath } from "../../model/byte-string.ts";

/** Moves the content of the directory `name` in `target`, where nothing else is, up to `target` and removes it. */
export function hoistDirectory(target: string, name: ByteString): void {
  const at = (path: string) => toFsPath(`${fromText(target)}/${path}` as ByteString);
  const children = readdirSync(at(name), { encoding: "latin1" });
  // It must make room for a child of its own name.
  let aside = "_";
  while (children.includes(aside)) aside += "_";
  renameSync(at(name), at(aside));
  for (const child of children) renameSync(at(`${aside}/${child}`), at(child));
  rmdirSync(at(aside));
}
