import { referenceDefinition } from "@isthmus/testkit";
import { describe, expect, it } from "vitest";
import { OperationCache } from "../../src/connectors/operation-cache.js";
import { useServerDatabase } from "../support/server-database.js";
import { connectorData, createTestTenant } from "../support/test-data.js";

describe("OperationCache", () => {
  const get = useServerDatabase();

  it("asks a definition once for each version of a connector, and forgets the one that was used longest ago", async () => {
    const { database } = get();
    const tenant = await createTestTenant(database);
    const configuration = { baseUrl: "https://notes.example.com" };
    const store = () => connectorData().with({ connectorType: "reference", configuration }).create(database, tenant);
    const [one, two] = [await store(), await store()];
    let asked = 0;
    const definition = {
      ...referenceDefinition,
      operations: (settings: Parameters<typeof referenceDefinition.operations>[0]) => {
        asked += 1;
        return referenceDefinition.operations(settings);
      },
    };
    const cache = new OperationCache(1);
    expect(cache.operationsOf(definition, one)).toBe(cache.operationsOf(definition, one));
    expect(asked).toBe(1);
    cache.operationsOf(definition, { ...one, version: one.version + 1 });
    expect(asked).toBe(2);
    cache.operationsOf(definition, two);
    cache.operationsOf(definition, { ...one, version: one.version + 1 });
    expect(asked).toBe(4);
    expect(() => cache.operationsOf(definition, { ...two, configuration: { baseUrl: 1 }, version: 9 })).toThrow(
      "baseUrl",
    );
  });
});
