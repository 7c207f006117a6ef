import npa from "npm-package-arg";
import { StoreError } from "../errors.ts";
import { type PackageName, parsePackageName } from "../model/ids.ts";
import { withoutCredentials } from "../model/without-credentials.ts";

/** A package of an npm registry and which of its versions is wanted. */
export interface NpmSpec {
  /** `name` or `@scope/name`. */
  readonly name: string;
  /** The name in the store: `@scope+name`. */
  readonly packageName: PackageName;
  /** The name as it stands in the registry's URLs: `@scope%2fname`. */
  readonly escapedName: string;
  /** A version, a range, a dist-tag, or `*`. */
  readonly wanted: string;
}

/**
 * Reads `name`, `name@1.2.3`, `name@^1`, `name@tag`, and the same with `@scope/name`, with or without `npm:` before it.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parseNpmSpec(text: string): NpmSpec {
  const parsed = parse(text);
  const target = parsed.subSpec ?? parsed;
  if (target.registry && target.name) {
    const { name, escapedName, fetchSpec } = target;
    return { name, packageName: parsePackageName(name.replace("/", "+")), escapedName, wanted: fetchSpec };
  }
  throw new StoreError("INVALID_INPUT", `'${withoutCredentials(text)}' is not a package of an npm registry`, {
    hint: "Write npm:name, npm:name@range or npm:@scope/name@range; give directories, archives, URLs and git repositories as they are.",
  });
}

function parse(text: string): ReturnType<typeof npa> {
  try {
    return npa(text.replace(/^npm:/, ""));
  } catch (error) {
    throw new StoreError(
      "INVALID_INPUT",
      withoutCredentials(`'${text}' is not an npm package: ${(error as Error).message}`),
      {
        hint: "Write npm:name, npm:name@range or npm:@scope/name@range.",
        cause: error,
      },
    );
  }
}
