import { StoreError } from "../../errors.ts";
import type { PackageInput } from "./stage-package.ts";

/**
 * For a package that is no file and no URL: an integrity that nobody looks at would promise what is not so.
 * @throws StoreError USAGE
 */
export function refuseIntegrity({ from, integrity }: PackageInput, what: string): void {
  if (integrity === undefined) return;
  throw new StoreError("USAGE", `${from} is ${what}: an integrity can stand for a file or URL only`, {
    hint: "Leave out --integrity, or give the file or URL that it belongs to.",
    details: { from, integrity },
  });
}
