import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { deleteTenant } from "../../src/actions/delete-tenant.js";
import { PurgeWorker } from "../../src/workers/purge-worker.js";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { connect, revocations, revokePath } from "./support/connections.js";

describeLongWork("purging a deleted connector", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let worker: PurgeWorker;
  let id: string;
  let path: string;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    worker = new PurgeWorker(service.services);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    service.sandbox.reset();
    await get().queryPastGuards("delete from connectors where deleted_at is not null returning 1");
    id = await connect(service, tenant);
    path = `/v1/connectors/${id}`;
    service.sandbox.clearRequests();
  });

  const change = (sets: string) =>
    get().queryPastGuards(`update connector_deletions set ${sets} where connector_id = '${id}' returning 1`);
  const rows = async (table = "connectors", column = "id") =>
    (await get().queryPastGuards(`select 1 from ${table} where ${column} = '${id}'`)).length;
  const work = async () => {
    const begun = await worker.beginDue();
    await worker.settle();
    return begun;
  };
  const remove = async () => expect((await tenant.api.delete(path)).status).toBe(204);
  const audited = async (limit: number) =>
    (await tenant.api.get(`/v1/audit-events?targetId=${id}&limit=${limit}`)).body.data;

  it("removes its records some at a time before, and never those of one that works", async () => {
    await get().queryPastGuards(
      `with state as (
         insert into sync_states (connector_id, entity, tenant_id, record_version) values ('${id}', 'Thing', '${tenant.tenantId}', 5)
         returning series
       )
       insert into records (tenant_id, connector_id, entity, external_id, data, hash, version, deleted, updated_at)
       select '${tenant.tenantId}', '${id}', 'Thing', n::text, '{}', '', (s.series << 36) + n, false, now()
       from state s, generate_series(1, 5) n returning 1 as one`,
    );
    const { tenantId } = tenant;
    const empty = (of: { tenantId: string; connectorId?: string }) =>
      service.services.database.asSystem(({ purges }) => purges.empty(of, 2));
    expect([await empty({ tenantId, connectorId: id }), await empty({ tenantId })]).toEqual([0, 0]);
    await remove();
    expect([await empty({ tenantId, connectorId: id }), await rows("records", "connector_id")]).toEqual([2, 3]);
    expect(await empty({ tenantId: id, connectorId: id })).toBe(0);
    await change("purge_at = now()");
    await work();
    expect([await rows(), await rows("records", "connector_id")]).toEqual([0, 0]);
  });

  it("waits for its time, then asks the vendor, and only then destroys the tokens", async () => {
    await remove();
    expect(await work()).toBe(0);
    await change("purge_at = now()");
    service.sandbox.addFault({ path: revokePath, delayMs: 300 });
    const working = work();
    await expect.poll(() => service.sandbox.faults().length, { interval: 10 }).toBe(0);
    // The vendor is at it, and everything is still there.
    expect([await rows(), await rows("connector_tokens", "connector_id")]).toEqual([1, 1]);
    expect(await working).toBe(1);
    expect(revocations(service)).toBe(1);
    for (const table of ["connector_tokens", "connector_deletions", "oauth_sessions"]) {
      expect(await rows(table, "connector_id"), table).toBe(0);
    }
    expect(await rows()).toBe(0);
    expect(await audited(1)).toMatchObject([
      { action: "connector.purged", outcome: "success", actor: null, details: { revoked: true } },
    ]);
    expect((await tenant.api.post(`${path}/restore`)).status).toBe(404);
    expect(await work()).toBe(0);
  });

  it("asks a vendor that is away again, later each time, and keeps everything meanwhile", async () => {
    await remove();
    await change("purge_at = now()");
    service.sandbox.addFault({ path: revokePath, cutBefore: true, times: 20 });
    expect(await work()).toBe(1);
    expect(await work()).toBe(0);
    const state = "failures, failure_code, extract(epoch from retry_at - now())::float8 as wait, attempt_id";
    const read = async () =>
      (await get().queryPastGuards(`select ${state} from connector_deletions where connector_id = '${id}'`))[0];
    const first = await read();
    expect(first).toMatchObject({ failures: 1, failure_code: "CONNECTION_FAILED", attempt_id: null });
    await change("retry_at = now()");
    expect(await work()).toBe(1);
    const second = await read();
    expect(second?.failures).toBe(2);
    expect(Number(first?.wait)).toBeGreaterThan(40);
    expect(Number(second?.wait)).toBeGreaterThan(Number(first?.wait));
    expect([await rows(), await rows("connector_tokens", "connector_id")]).toEqual([1, 1]);
    expect(await tenant.api.post(`${path}/restore`)).toMatchObject({ status: 410, body: { code: "RESTORE_TOO_LATE" } });
    service.sandbox.clearFaults();
    await change("retry_at = now()");
    await work();
    expect(await rows()).toBe(0);
    expect(await audited(1)).toMatchObject([{ action: "connector.purged", details: { revoked: true } }]);
  });

  it("gives up after seven days, and says what is left to be done by hand", async () => {
    const { accountId } = (await service.services.database.asTenant(tenant.tenantId, ({ connectors }) =>
      connectors.findById(id),
    )) ?? { accountId: undefined };
    await remove();
    await change("purge_at = now() - interval '7 days', begun_at = now() - interval '6 days'");
    service.sandbox.addFault({ path: revokePath, cutBefore: true, times: 20 });
    await work();
    expect(await rows()).toBe(1);
    await change("retry_at = now(), begun_at = now() - interval '7 days'");
    await work();
    expect(await rows()).toBe(0);
    expect(await audited(2)).toMatchObject([
      {
        action: "connector.grant_abandoned",
        outcome: "failure",
        details: { code: "CONNECTION_FAILED", type: "salesforce", accountId },
      },
      { action: "connector.purged", outcome: "success", details: { revoked: false } },
    ]);
    expect(accountId).toEqual(expect.any(String));
    const told = await get().queryPastGuards(
      `select payload from outbox_events where connector_id = '${id}' and type = 'connector.grant_abandoned'`,
    );
    expect(told).toMatchObject([{ payload: { accountId, code: "CONNECTION_FAILED" } }]);
    const lines = service.logLines.filter((line) => line.includes("by hand") && line.includes(id));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 50, accountId, tenantId: tenant.tenantId }]);
  });

  it("on request revokes now, whether the connector was deleted before or not", async () => {
    const answer = await tenant.api.post(`${path}/purge`);
    expect(answer).toMatchObject({ status: 200, body: { purged: true, revoked: true, code: null } });
    expect([await rows(), revocations(service)]).toEqual([0, 1]);
    expect((await audited(3)).map(({ action }: { action: string }) => action)).toEqual([
      "connector.purged",
      "connector.purge_requested",
      "connector.deleted",
    ]);
    expect((await tenant.api.post(`${path}/purge`)).status).toBe(404);

    id = await connect(service, tenant);
    path = `/v1/connectors/${id}`;
    await remove();
    expect((await tenant.api.post(`${path}/purge`, undefined, { "if-match": '"1"' })).status).toBe(412);
    expect((await tenant.api.post(`${path}/restore`)).status).toBe(200);
    await remove();
    const purged = await tenant.api.post(`${path}/purge`, undefined, { "if-match": '"4"' });
    expect(purged).toMatchObject({ status: 200, body: { purged: true, revoked: true } });
    expect(await audited(1)).toMatchObject([{ action: "connector.purged", actor: { userId: tenant.userId } }]);
  });

  it("on request goes on in the background where the vendor is away", async () => {
    service.sandbox.addFault({ path: revokePath, cutBefore: true, times: 20 });
    const answer = await tenant.api.post(`${path}/purge`);
    expect(answer).toMatchObject({ status: 202, body: { purged: false, revoked: false, code: "CONNECTION_FAILED" } });
    expect((await tenant.api.get(path)).status).toBe(404);
    expect((await tenant.api.post(`${path}/restore`)).status).toBe(410);
    service.sandbox.clearFaults();
    await change("retry_at = now()");
    await work();
    expect(await rows()).toBe(0);
  });

  it("removes a connector that has no grant, or whose tokens do not open, without asking anybody", async () => {
    await tenant.api.post(`${path}/disconnect`);
    service.sandbox.clearRequests();
    expect((await tenant.api.post(`${path}/purge`)).body).toEqual({ purged: true, revoked: false, code: null });
    expect(service.sandbox.requests()).toEqual([]);
    expect(await audited(1)).toMatchObject([{ action: "connector.purged", details: { revoked: false } }]);

    id = await connect(service, tenant);
    path = `/v1/connectors/${id}`;
    // When the token ends is asked for beside the callers, and the set is sealed anew with it.
    const known = `select 1 from connector_tokens where connector_id = '${id}' and expires_at is not null`;
    await expect.poll(async () => (await get().queryPastGuards(known)).length, { interval: 10 }).toBe(1);
    const tag = `tokens = jsonb_set(tokens, '{tag}', '"AAAAAAAAAAAAAAAAAAAAAA"')`;
    await get().queryPastGuards(`update connector_tokens set ${tag} where connector_id = '${id}' returning 1`);
    // A key may come back; so this one has its seven days, too.
    expect((await tenant.api.post(`${path}/purge`)).body).toMatchObject({
      purged: false,
      code: "SEALED_VALUE_UNREADABLE",
    });
    expect(await rows()).toBe(1);
  });

  it("is done by one of many workers", async () => {
    await remove();
    await change("purge_at = now()");
    const begun = await Promise.all(
      [1, 2, 3].map(async () => {
        const each = new PurgeWorker(service.services);
        const count = await each.beginDue();
        await each.settle();
        return count;
      }),
    );
    expect(begun.toSorted()).toEqual([0, 0, 1]);
    expect([await rows(), revocations(service)]).toEqual([0, 1]);
  });

  it("removes nothing for somebody whose purge was taken over meanwhile", async () => {
    await remove();
    await change("purge_at = now()");
    service.sandbox.addFault({ path: revokePath, delayMs: 300 });
    const working = work();
    await expect.poll(() => service.sandbox.faults().length, { interval: 10 }).toBe(0);
    await change("attempt_id = gen_random_uuid()");
    await working;
    expect(await rows()).toBe(1);
    await change("lease_until = now()");
    await work();
    expect(await rows()).toBe(0);
  });

  it("is all that can remove a connector: a tenant's work removes none whose purge was not begun", async () => {
    const { database } = service.services;
    const tryToRemove = () => database.asTenant(tenant.tenantId, ({ connectors }) => connectors.remove(id));
    expect(await tryToRemove()).toBe(false);
    await remove();
    expect(await tryToRemove()).toBe(false);
    await change("begun_at = now()");
    expect(await tryToRemove()).toBe(true);
  });

  it("is not needed where the tenant is deleted: its deletion revokes those grants, too", async () => {
    const doomed = await service.createTenant();
    const connectorId = await connect(service, doomed);
    expect((await doomed.api.delete(`/v1/connectors/${connectorId}`)).status).toBe(204);
    service.sandbox.clearRequests();
    const { data } = (await new ApiClient(service.url, platformKey).get("/v1/tenants?limit=200")).body;
    const { name } = data.find((each: { id: string }) => each.id === doomed.tenantId);
    const input = { tenantId: doomed.tenantId, name };
    const { grants, connectors } = await deleteTenant(service.services, { id: "request", ip: "127.0.0.1" }, input);
    expect({ grants, connectors }).toEqual({ grants: { revoked: 1, notRevoked: [] }, connectors: 1 });
    expect(revocations(service)).toBe(1);
  });
});
