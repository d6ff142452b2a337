import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "./vitest.shared.js";

export default defineConfig({
  test: {
    // For two cores: the suites start real servers and processes, and while one waits for its own, another can go on.
    maxWorkers: 3,
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
