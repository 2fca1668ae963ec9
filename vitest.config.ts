import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["worker/**/test/**/*.test.ts", "bridge/**/test/**/*.test.ts"],
    exclude: ["**/*.browser.test.ts", "node_modules/**"],
    environment: "node",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      provider: "v8",
      include: ["worker/**/*.ts"],
      exclude: ["worker/x11/assembly/**", "worker/**/test/**", "worker/bench/**"],
      reporter: ["text-summary", "json-summary"],
    },
  },
});
