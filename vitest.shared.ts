import { workspaceAliases } from "./vitest.aliases.js";
import { findTemporaryFolder } from "./vitest.temporary-folder.js";

/** What every run of tests has: `vitest.config.ts`, `vitest.soak.config.ts`. */
export const shared = {
  resolve: { alias: workspaceAliases },
  test: {
    // Databases of the API's suites; nothing is started before one of them asks.
    globalSetup: ["apps/api/test/support/global-setup.ts"],
    env: findTemporaryFolder(),
    testTimeout: 40_000,
    hookTimeout: 60_000,
  },
};
