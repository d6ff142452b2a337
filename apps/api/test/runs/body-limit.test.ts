import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beginLoad, type LoadsService, startLoadsService } from "../support/loads/loads-service.js";
import { useServerDatabase } from "../support/server-database.js";

describe("the body of a bulk operation", () => {
  const get = useServerDatabase();
  let bench: LoadsService;

  beforeAll(async () => {
    bench = await startLoadsService(get().database, { contentLimitBytes: 10, bulkContentLimitBytes: 1_000 });
  });
  afterAll(() => bench?.close());

  it("has a limit of its own, beyond which nothing is begun", async () => {
    const { tenant, connectorId, vendor } = bench;
    const full = await beginLoad(tenant.api, connectorId, "x".repeat(1_000));
    expect(full.status).toBe(202);
    expect(vendor.loads.at(-1)?.rows).toHaveLength(1_000);
    const seen = vendor.requests.length;
    const beyond = await beginLoad(tenant.api, connectorId, "x".repeat(1_001));
    expect(beyond).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });
    expect(beyond.headers.get("location")).toBeNull();
    expect(vendor.requests).toHaveLength(seen);
  });
});
