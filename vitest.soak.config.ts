import { defineConfig, mergeConfig } from "vitest/config";
import { shared } from "./vitest.shared.js";

/** The long rounds and volumes: `pnpm test:soak`. What `npm test` does once, it does a thousand times. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ["{packages,apps}/*/test/**/*.soak.ts"],
      testTimeout: 4 * 3_600_000,
      maxWorkers: 1,
    },
  }),
);
