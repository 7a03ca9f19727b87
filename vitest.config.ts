import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Only what hangs takes this long; a busy machine is no failure.
    testTimeout: 30_000,
    tags: [
      { name: "kernel", timeout: 60_000, description: "needs a real kernel" },
      { name: "process", description: "starts processes: the fake kernel, the embedded kernel, the built program" },
      { name: "editor", timeout: 60_000, description: "needs a real editor" },
    ],
    slowTestThreshold: 1_000,
  },
});
