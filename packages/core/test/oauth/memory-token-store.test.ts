import { describe, expect, it } from "vitest";
import { MemoryTokenStore } from "../../src/oauth/index.js";
import { ManualClock } from "../support/manual-clock.js";
import { describeTokenStore } from "../support/token-store-suite.js";

describeTokenStore("memory", async () => {
  const clock = new ManualClock();
  const store = new MemoryTokenStore({ clock });
  return { open: () => store, pass: async (ms) => clock.advance(ms) };
});

describe("MemoryTokenStore", () => {
  it("begins with the tokens that it is given", async () => {
    const tokens = { accessToken: "a", tokenType: "Bearer", issuedAtMs: 0, attributes: {} };
    expect(await new MemoryTokenStore({ tokens }).load()).toMatchObject({ version: 1, tokens });
  });
});
