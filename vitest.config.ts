import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "./vitest.shared.js";

export default defineConfig({
  test: {
    // Two cores, and the suites start real servers: more workers only make each of them slower.
    maxWorkers: 2,
    projects: [
      mergeConfig(shared, {
        test: {
          name: "code",
          include: [
            "packages/*/{src,test,examples}/**/*.test.ts",
            "apps/*/{src,test}/**/*.test.ts",
            "tools/*/{src,test}/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          // One module graph for all files of a worker: loading it anew for each took half of their time. A file must leave
          // nothing behind in a module, the environment or a prototype.
          isolate: false,
        },
      }),
      mergeConfig(shared, { test: { name: "documents", include: ["docs/**/*.test.ts"] } }),
    ],
  },
});
