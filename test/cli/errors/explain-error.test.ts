import { mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT_STATUS } from "../../../src/cli/errors/exit-status.ts";
import { explainError } from "../../../src/cli/errors/explain-error.ts";
import { SOURCE_OPTIONS } from "../../../src/cli/package-options.ts";
import { StoreError } from "../../../src/errors.ts";
import { packError, unpackError } from "../../../src/system/worker-error.ts";
import { caught } from "../../helpers/caught.ts";
import { makeWorld } from "../../helpers/worlds.ts";

test("a StoreError is what it is", () => {
  const error = new StoreError("CONFLICT", "x", { hint: "y", details: { z: 1 } });
  expect(explainError(error)).toEqual({ error, isBug: false });
});

test.each([
  ["maxBytes", "--max-bytes"],
  ["maxRatio", "--max-ratio"],
  ["maxEntries", "--max-entries"],
])("a limit names the option that raises it, of a command that has it: %s", (limit, option) => {
  const thrown = new StoreError("LIMIT", "too much", { hint: "Beware.", details: { limit } });
  const { error } = explainError(thrown, { options: SOURCE_OPTIONS });
  expect(error.hint).toMatch(new RegExp(`^Beware\\. .*${option}`));
  expect(error.details).toEqual({ limit });
  expect(explainError(thrown, { options: {} }).error.hint).toBe("Beware.");
});

test("real refusals of the system become sentences with their path", () => {
  const { directory } = makeWorld();
  const file = join(directory, "file");
  writeFileSync(file, "");
  mkdirSync(join(directory, "full/x"), { recursive: true });
  const cases: readonly (readonly [action: () => unknown, errno: string, path: string, code: string])[] = [
    [() => readFileSync(join(directory, "none")), "ENOENT", join(directory, "none"), "NOT_FOUND"],
    [() => readFileSync(join(file, "x")), "ENOTDIR", join(file, "x"), "FAILED"],
    [() => rmdirSync(join(directory, "full")), "ENOTEMPTY", join(directory, "full"), "FAILED"],
    [() => mkdirSync(file), "EEXIST", file, "FAILED"],
    [() => openSync(directory, "w"), "EISDIR", directory, "FAILED"],
    [() => writeFileSync(join(directory, "n".repeat(300)), ""), "ENAMETOOLONG", "nnn", "FAILED"],
  ];
  for (const [action, errno, path, code] of cases) {
    const { error, isBug } = explainError(caught(action));
    expect(error).toMatchObject({ code, details: { errno } });
    expect(error.message).toContain(path);
    expect(error.message).not.toContain(errno);
    expect(error.hint).toMatch(/\.$/);
    expect(isBug).toBe(false);
  }
});

test.each([
  ["ENOSPC", "NO_SPACE", "no space"],
  ["EDQUOT", "NO_SPACE", "quota"],
  ["EFBIG", "FAILED", "larger than the system lets a file be"],
  ["EACCES", "FAILED", "permission denied"],
  ["EROFS", "FAILED", "read-only"],
  ["EMFILE", "FAILED", "too many open files"],
  ["EIO", "FAILED", "disk fails"],
])("%s is told as %s", (errno, code, words) => {
  const thrown = Object.assign(new Error(`${errno}: something, write`), { code: errno, path: "/a/b" });
  const { error } = explainError(thrown);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(new RegExp(`${words}.* /a/b$`));
});

test("of two paths, the one that could not be written is told", () => {
  const text = { EACCES: "permission denied", ENOSPC: "no space left on device", EMLINK: "too many links" };
  const of = (code: keyof typeof text, call: string, root?: string) =>
    explainError(Object.assign(new Error(`${code}: ${text[code]}, ${call}`), { code }), { root }).error.message;
  expect(of("ENOSPC", "copyfile '/from' -> '/to'")).toMatch(/ \/to$/);
  expect(of("EACCES", "copyfile '/from' -> '/to'")).toMatch(/ \/from$/);
  expect(of("EACCES", "symlink '../target' -> '/profiles/.tmp-1'")).toMatch(/ \/profiles\/.tmp-1$/);
  expect(of("EMLINK", "link '/from' -> '/to'")).toMatch(/ \/from$/);
  expect(of("ENOSPC", "write", "/the/root")).toMatch(/ \/the\/root$/);
  const both = Object.assign(new Error("ENOSPC: no space left on device, copyfile"), { code: "ENOSPC" });
  expect(explainError(Object.assign(both, { path: "/from", dest: "/to" })).error.message).toMatch(/ \/to$/);
});

test("an error that came from a worker thread still has its path", () => {
  const thrown = Object.assign(new Error("EACCES: permission denied, open '/a/b c'"), { code: "EACCES" });
  const { error } = explainError(unpackError(packError(thrown)));
  expect(error.message).toBe("permission denied: /a/b c");
});

test("a system error that nobody foresaw is told in the system's words", () => {
  const thrown = Object.assign(new Error("EFOO: strange, read"), { code: "EFOO" });
  expect(explainError(thrown)).toMatchObject({
    isBug: false,
    error: { code: "FAILED", message: "EFOO: strange, read" },
  });
});

test.each([
  [new TypeError("x is undefined")],
  ["a string"],
  [Object.assign(new Error("bad"), { code: "ERR_INTERNAL" })],
])("anything else is called a bug: %s", (thrown) => {
  const { error, isBug } = explainError(thrown);
  expect(isBug).toBe(true);
  expect(error.hint).toContain("This is a bug");
  expect(EXIT_STATUS[error.code]).toBe(1);
});

test("an aborted wait is an interruption", () => {
  const thrown = new DOMException("This operation was aborted", "AbortError");
  expect(EXIT_STATUS[explainError(thrown).error.code]).toBe(130);
});

test("errors that Node has no name for are told like others", () => {
  const unnamed = (code: string, message: string) => Object.assign(new Error(message), { code, errno: -122 });
  const told = explainError(
    unnamed("Unknown system error -122", "Unknown system error -122: Unknown system error -122, mkdir '/a/b'"),
  );
  expect(told.error).toMatchObject({ code: "NO_SPACE", message: "your disk quota is used up at /a/b" });
  const withoutPath = explainError(unnamed("UNKNOWN", "UNKNOWN: unknown error, write"));
  expect(withoutPath.error).toMatchObject({
    code: "NO_SPACE",
    message: "your disk quota is used up at a file (write)",
  });
  const text = "Unknown system error -122";
  expect(explainError(Object.assign(new Error(text), { code: text }))).toMatchObject({
    error: { code: "NO_SPACE" },
    isBug: false,
  });
});

test("of several errors in a row, as when tidying up fails too, the first is told", () => {
  const first = new StoreError("CONFLICT", "x", { hint: "y" });
  const pair = (error: unknown, suppressed: unknown) =>
    Object.assign(new Error("two"), { name: "SuppressedError", error, suppressed });
  expect(explainError(pair(new Error("later"), pair(new Error("second"), first))).error).toBe(first);
});
