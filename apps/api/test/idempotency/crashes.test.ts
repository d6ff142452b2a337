import { randomUUID } from "node:crypto";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { MortalDatabase } from "./mortal-database.js";

/** A process that ends in the middle of a request of ours: no vendor is asked, so the database alone tells. */
describe("a request with a key whose process ends before its answer was kept", () => {
  const get = useServerDatabase();
  let mortal: MortalDatabase;
  let dying: TestService;
  let next: TestService;
  let tenant: TestTenantClient;
  let again: ApiClient;

  beforeAll(async () => {
    const keys = LocalKeyring.generate();
    const { database } = get();
    mortal = new MortalDatabase(database);
    dying = await startTestService(mortal, { keys });
    next = await startTestService(database, { keys, sandbox: dying.sandbox });
    tenant = await next.createTenant();
    again = tenant.api;
    await again.post(
      "/v1/api-keys",
      { name: "the first sealed value makes a data key" },
      { "idempotency-key": "first" },
    );
  });
  afterAll(async () => {
    await next.close();
    await dying.close();
  });

  const endLeases = async () => {
    const client = await get().server.connectAsSuperuser(get().url);
    await client.query("update idempotency_keys set lease_until = clock_timestamp() where lease_until is not null");
    await client.end();
  };
  const keysNamed = async (name: string) =>
    (await again.get("/v1/api-keys?limit=200")).body.data.filter((each: { name: string }) => each.name === name).length;

  it("is done again where nothing was committed, and is OUTCOME_UNKNOWN where something was: never done twice", async () => {
    const outcomes: string[] = [];
    for (let units = 0; outcomes.at(-1) !== "was answered"; units += 1) {
      for (const isCommitted of [false, true]) {
        const name = randomUUID();
        const headers = { "idempotency-key": name };
        mortal.dieAt(units, isCommitted);
        const first = await new ApiClient(dying.url, tenant.apiKey).post("/v1/api-keys", { name }, headers);
        mortal.revive();
        await endLeases();
        const before = await keysNamed(name);
        const { status, body } = await again.post("/v1/api-keys", { name }, headers);
        const after = await keysNamed(name);
        expect(after).toBeLessThanOrEqual(1);
        if (first.status === 201) {
          expect(after).toBe(1);
          outcomes.push(status === 201 ? "was answered" : "lost its answer");
        } else if (before === 0) {
          expect([status, after]).toEqual([201, 1]);
          outcomes.push("is done again");
        } else {
          expect(body).toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.stringContaining("audit") });
          outcomes.push("is unknown");
        }
      }
    }
    // All of them were seen, in this order.
    expect([...new Set(outcomes)]).toEqual(["is done again", "is unknown", "lost its answer", "was answered"]);
  });
});
