import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    tags: [
      { name: "kernel", timeout: 60_000, description: "needs a real kernel" },
      { name: "editor", timeout: 60_000, description: "needs a real editor" },
    ],
    slowTestThreshold: 1_000,
  },
});
