import { randomBytes } from "node:crypto";
import { LocalKeyring, MemoryDataKeyStore, Vault } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { sealOutput, sealState } from "../../src/runs/run-work.js";

const vault = new Vault({
  keyProvider: LocalKeyring.parse(`k1:${randomBytes(32).toString("base64")}`),
  dataKeys: new MemoryDataKeyStore(),
});
const place = { tenantId: "t", id: "r" };

describe("what is stored of a run", () => {
  it("is small: a package that keeps records in there is told so", async () => {
    const large = { rows: "x".repeat(1024 * 1024) };
    for (const seal of [sealState, sealOutput]) {
      await expect(seal(vault, place, large)).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(seal(vault, place, { rows: "x".repeat(1_000_000) })).resolves.toMatchObject({ v: 1 });
    }
  });

  it("is something: a state that is missing would be none to go on from", async () => {
    await expect(sealState(vault, place, undefined)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
