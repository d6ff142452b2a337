import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "./vitest.shared.js";

/** The long rounds and volumes: `pnpm test:soak`. What `npm test` does once, it does a thousand times. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: [
        "{packages,apps}/*/test/**/*.soak.ts",
        // On the embedded database, too.
        "apps/api/test/{deletion,http,inbound,keys,runs,workers}/**/*.test.ts",
      ],
      env: { ISTHMUS_LONG_ROUNDS: "1" },
      testTimeout: 4 * 3_600_000,
      maxWorkers: 1,
    },
  }),
);
