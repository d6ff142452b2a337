import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "../support/manual-clock.js";
import { describeTokenStore } from "../support/token-store-suite.js";
import { openStore, testKeys } from "./stores.js";

describeTokenStore("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-token-files-"));
  const clock = new ManualClock();
  return {
    open: () => openStore(folder, testKeys, { clock }),
    pass: async (ms) => clock.advance(ms),
    close: () => rm(folder, { recursive: true }),
  };
});
