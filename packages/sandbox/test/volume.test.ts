import { describe, expect, it } from "vitest";
import { startQuickbooksSandbox, startSapSandbox } from "../src/index.js";
import { apiWith, connect, fieldsOf, listOf } from "./quickbooks/client.js";

describe("a sandbox that is asked for many records", () => {
  it("has them beside QuickBooks' own, each at a minute of its own, and takes more", async () => {
    const companies = [{ realmId: "77", name: "Large", seed: false, customers: 1_200 }];
    const sandbox = await startQuickbooksSandbox({ skipConsent: true, throttle: false, companies });
    try {
      const api = apiWith(sandbox, "77", (await connect(sandbox)).access_token);
      const find = async (condition: string) =>
        listOf(
          fieldsOf(fieldsOf((await api.query(`select * from Customer ${condition}`)).json).QueryResponse).Customer,
        );
      expect(sandbox.records("77").all("Customer")).toHaveLength(1_200);
      const [last, before] = await find("orderby MetaData.CreateTime desc maxresults 2");
      expect([last?.DisplayName, before?.DisplayName]).toEqual(["Customer 1200", "Customer 1199"]);
      const times = [last, before].map((record) => Date.parse(String(fieldsOf(record?.MetaData).CreateTime)));
      expect((times[0] ?? 0) - (times[1] ?? 0)).toBe(60_000);
      const made = await api.create("Customer", { DisplayName: "Ann" });
      expect(made.Id).toBe("1201");
      sandbox.reset();
      expect(sandbox.records("77").all("Customer")).toHaveLength(1_200);
    } finally {
      await sandbox.close();
    }
  });

  it("has them as SAP's business partners, beyond what it keeps otherwise, and again after a reset", async () => {
    const sandbox = await startSapSandbox({ seed: 0, businessPartners: 20_001 });
    try {
      expect(sandbox.state.businessPartners.size).toBe(20_001);
      expect(sandbox.state.businessPartners.read("0017120001")).toMatchObject({
        LastName: "Partner 20001",
        LastChangeDateTime: "2025-01-19T21:20:00.000Z",
      });
      sandbox.reset();
      expect(sandbox.state.businessPartners.size).toBe(20_001);
    } finally {
      await sandbox.close();
    }
  });
});
