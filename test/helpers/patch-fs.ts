import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

type Functions = {
  [Name in keyof typeof fs as (typeof fs)[Name] extends (...args: never[]) => unknown
    ? Name
    : never]: (typeof fs)[Name];
};

const real: Readonly<Record<string, unknown>> = { ...fs };

/** Replaces a function of `node:fs` until the test ends; `make` gets the one that was there. */
export function patchFs<Name extends keyof Functions>(
  name: Name,
  make: (original: Functions[Name]) => (...args: never[]) => unknown,
): void {
  const functions = fs as unknown as Record<string, unknown>;
  const original = functions[name];
  functions[name] = make(original as Functions[Name]);
  syncBuiltinESMExports();
  onTestFinished(() => {
    functions[name] = real[name];
    syncBuiltinESMExports();
  });
}

/** What a system call ends with, as `node:fs` throws it. */
export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: on purpose`), { code });
}
