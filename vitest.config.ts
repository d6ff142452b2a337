import { defineConfig, mergeConfig } from "vitest/config";
import { databases, shared } from "./vitest.shared.js";

export default defineConfig({
  test: {
    // Two cores, and the suites start real servers: more workers only make each of them slower.
    maxWorkers: 2,
    projects: [
      mergeConfig(shared, {
        test: {
          name: "packages",
          include: ["packages/*/{src,test,examples}/**/*.test.ts"],
          // One module graph for all files of a worker: loading it anew for each of them took half of their time. A file must
          // leave nothing behind, so no test here changes a module's state, the environment or a prototype.
          isolate: false,
        },
      }),
      mergeConfig(shared, {
        test: {
          name: "service",
          include: [
            "apps/*/{src,test}/**/*.test.ts",
            "tools/*/{src,test}/**/*.test.ts",
            "docs/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          globalSetup: databases,
        },
      }),
    ],
  },
});
