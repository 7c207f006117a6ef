import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/helpers/build-once.ts", "test/helpers/choose-seed.ts"],
    setupFiles: ["test/helpers/seed-properties.ts"],
    reporters: ["default", "./test/helpers/plain-summary.ts"],
    // A test that hangs ends some time; none is wrong because the machine has other work.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    maxWorkers: 2,
    // A process for each file would take half of the time; no test leaves anything behind in its process.
    isolate: false,
  },
});
