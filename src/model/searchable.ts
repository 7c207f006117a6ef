import { StoreError } from "../errors.ts";

/**
 * A directory in which shells are to find programs: a `:` would end it in PATH and its like, and nothing can take that
 * meaning away.
 * @throws StoreError INVALID_INPUT with `hint`
 */
export function searchableDirectory(directory: string, hint: string): string {
  if (!directory.includes(":")) return directory;
  throw new StoreError("INVALID_INPUT", `'${directory}' has a ':', which no directory of a search path can have`, {
    hint,
    details: { directory },
  });
}
