import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/helpers/build-once.ts", "test/helpers/choose-seed.ts"],
    setupFiles: ["test/helpers/seed-properties.ts"],
    reporters: ["default", "./test/helpers/plain-summary.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    // A process for each file would take half of the time; no test leaves anything behind in its process.
    isolate: false,
  },
});
