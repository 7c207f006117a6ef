import type { ImportSettings } from "../../src/store/import/import-settings.ts";

/** What an import of `demo 1.0` is told whose tree lies in the store's temporary directory already. */
export function adoptSettings(
  places: Pick<ImportSettings, "files" | "scratch" | "localStoreDir" | "canonicalStoreDir">,
): ImportSettings {
  return {
    ...places,
    zeroBaseName: `${"0".repeat(32)}-demo-1.0`,
    selfName: undefined,
    method: "hardlink",
    cloneLarge: false,
    mode: "adopt",
    plainFiles: true,
  };
}
