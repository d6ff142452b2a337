import { randomUUID } from "node:crypto";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createIdempotencyPruner } from "../../src/workers/create-pruners.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { describeOnDatabases } from "../support/databases.js";
import { platformKey, startTestService, type TestService } from "../support/service.js";
import { MortalDatabase } from "./mortal-database.js";

describeOnDatabases("a request with the platform key and an Idempotency-Key", (get) => {
  let mortal: MortalDatabase;
  let dying: TestService;
  let service: TestService;
  let platform: ApiClient;

  beforeAll(async () => {
    const keys = LocalKeyring.generate();
    mortal = new MortalDatabase(get().database, "system");
    service = await startTestService(get().database, { keys });
    dying = await startTestService(mortal, { keys, sandbox: service.sandbox });
    platform = new ApiClient(service.url, platformKey);
  });
  afterAll(async () => {
    await dying.close();
    await service.close();
  });

  const keyed = (key: string = randomUUID()) => ({ "idempotency-key": key });
  const tenantNamed = (name: string) => ({ name, administrator: { name: "Ada", email: "ada@example.com" } });
  const countTenants = async (name: string) =>
    (await platform.get("/v1/tenants?limit=200")).body.data.filter((each: { name: string }) => each.name === name)
      .length;
  const isReplayed = ({ headers }: Answer) => headers.get("idempotency-replayed") === "true";
  const rows = () => get().queryPastGuards("select * from platform_idempotency_keys");

  it("makes a tenant once, and shows its first key again to whoever asks again: nowhere else can it be read", async () => {
    const [name, headers] = [randomUUID(), keyed()];
    const first = await platform.post("/v1/tenants", tenantNamed(name), headers);
    expect([first.status, isReplayed(first)]).toEqual([201, false]);
    const again = await platform.post("/v1/tenants", tenantNamed(name), headers);
    expect([again.status, again.text, isReplayed(again)]).toEqual([201, first.text, true]);
    expect(await countTenants(name)).toBe(1);
    expect((await new ApiClient(service.url, again.body.apiKey.key).get("/v1/users")).status).toBe(200);
    const stored = JSON.stringify(await rows());
    for (const text of [stored, service.logLines.join("\n")]) {
      for (const secret of [first.body.apiKey.key, headers["idempotency-key"]]) expect(text).not.toContain(secret);
    }
    expect(stored).not.toContain(name);
  });

  it("is refused where another request came with its key, and while its twin is being done", async () => {
    const headers = keyed();
    const name = randomUUID();
    const twins = await Promise.all([1, 2, 3].map(() => platform.post("/v1/tenants", tenantNamed(name), headers)));
    const outcomes = twins.map(({ status, body }) => (status === 201 ? "done" : body.code));
    expect(new Set([...outcomes, "done", "IDEMPOTENCY_KEY_IN_USE"]).size).toBe(2);
    expect(outcomes).toContain("done");
    expect(await countTenants(name)).toBe(1);
    const other = await platform.post("/v1/tenants", tenantNamed(randomUUID()), headers);
    expect(other).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
  });

  it("deletes a tenant once, and tells what went with it again, when there is no such tenant any more", async () => {
    const headers = keyed();
    const { tenant } = (await platform.post("/v1/tenants", tenantNamed("Going"))).body;
    const path = `/v1/tenants/${tenant.id}`;
    // Nothing was done: the key may be used for what was meant.
    expect((await platform.send("DELETE", path, { name: "Another" }, headers)).status).toBe(400);
    const first = await platform.send("DELETE", path, { name: "Going" }, headers);
    expect(first.status).toBe(200);
    const again = await platform.send("DELETE", path, { name: "Going" }, headers);
    expect([again.status, again.text, isReplayed(again)]).toEqual([200, first.text, true]);
    expect((await platform.send("DELETE", path, { name: "Going" }, keyed())).status).toBe(404);
  });

  it("begins, stops and resumes a rotation of keys once", async () => {
    const headers = keyed();
    const first = await platform.post("/v1/keys/rotate", { dataKeys: false }, headers);
    expect(first.status).toBe(202);
    expect((await platform.post("/v1/keys/rotate", { dataKeys: false })).status).toBe(409);
    expect(await platform.post("/v1/keys/rotate", { dataKeys: false }, headers)).toMatchObject({ text: first.text });
    const path = `/v1/keys/rotations/${first.body.id}`;
    const stopping = keyed();
    const stopped = await platform.post(`${path}/stop`, {}, stopping);
    expect((await platform.post(`${path}/resume`, {}, keyed())).body.status).toBe("running");
    expect(await platform.post(`${path}/stop`, {}, stopping)).toMatchObject({ text: stopped.text });
    expect((await platform.get(path)).body.status).toBe("running");
    await platform.post(`${path}/stop`, {});
  });

  it("is done again after a crash where nothing was committed, and is OUTCOME_UNKNOWN where something was", async () => {
    const endLeases = () =>
      get().queryPastGuards(
        "update platform_idempotency_keys set lease_until = clock_timestamp() where lease_until is not null",
      );
    const outcomes: string[] = [];
    for (let units = 0; outcomes.at(-1) !== "was answered"; units += 1) {
      for (const isCommitted of [false, true]) {
        const name = randomUUID();
        mortal.dieAt(units, isCommitted);
        const first = await new ApiClient(dying.url, platformKey).post("/v1/tenants", tenantNamed(name), keyed(name));
        mortal.revive();
        await endLeases();
        const before = await countTenants(name);
        const again = await platform.post("/v1/tenants", tenantNamed(name), keyed(name));
        expect(await countTenants(name)).toBe(
          first.status === 201 ? 1 : Math.max(before, again.status === 201 ? 1 : 0),
        );
        if (first.status === 201) {
          outcomes.push(again.status === 201 ? "was answered" : "lost its answer");
        } else if (before === 0) {
          expect(again.status).toBe(201);
          outcomes.push("is done again");
        } else {
          expect(again.body).toMatchObject({ code: "OUTCOME_UNKNOWN" });
          expect(again.body.reconcile).toContain("GET /v1/platform/audit-events");
          outcomes.push("is unknown");
        }
      }
    }
    expect([...new Set(outcomes)]).toEqual(["is done again", "is unknown", "lost its answer", "was answered"]);
  });

  it("is kept for a day, and goes then", async () => {
    const headers = keyed();
    await platform.post("/v1/tenants", tenantNamed("Old"), headers);
    await get().queryPastGuards("update platform_idempotency_keys set expires_at = clock_timestamp()");
    expect((await platform.post("/v1/tenants", tenantNamed("New"), headers)).status).toBe(201);
    await get().queryPastGuards("update platform_idempotency_keys set expires_at = clock_timestamp()");
    expect(await createIdempotencyPruner(service.services, 2).prune()).toBeGreaterThan(2);
    expect(await rows()).toEqual([]);
  });
});
