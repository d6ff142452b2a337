import { defineConfig } from "vitest/config";
import { workspaceAliases } from "./vitest.aliases.js";
import { findTemporaryFolder } from "./vitest.temporary-folder.js";

export default defineConfig({
  resolve: { alias: workspaceAliases },
  test: {
    include: [
      "packages/*/{src,test,examples}/**/*.test.ts",
      "apps/*/{src,test}/**/*.test.ts",
      "tools/*/{src,test}/**/*.test.ts",
      "docs/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    // Databases of the API's suites; nothing is started before one of them asks.
    globalSetup: ["apps/api/test/support/global-setup.ts"],
    env: findTemporaryFolder(),
    // Two cores, and the suites start real servers: more workers only make each of them slower.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
