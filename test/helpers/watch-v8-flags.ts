import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import { onTestFinished, vi } from "vitest";

/** Sees which flags are set for V8 of that version in this test, of which none is. */
export function watchV8Flags(version: string) {
  const versions = vi.spyOn(process, "versions", "get").mockReturnValue({ ...process.versions, v8: version });
  const set = vi.spyOn(v8, "setFlagsFromString").mockImplementation(() => {});
  syncBuiltinESMExports();
  onTestFinished(() => {
    versions.mockRestore();
    set.mockRestore();
    syncBuiltinESMExports();
  });
  return () => set.mock.calls.map(([flags]) => flags);
}

export const V8_OF_NODE_20 = "11.3.244.8-node.33";
