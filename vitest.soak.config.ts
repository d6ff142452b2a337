import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.js";

/** The long rounds and volumes: `pnpm test:soak`. What `npm test` does once, it does a thousand times. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({
    test: { include: ["{packages,apps}/*/test/**/*.soak.ts"], testTimeout: 4 * 3_600_000, maxWorkers: 1 },
  }),
);
