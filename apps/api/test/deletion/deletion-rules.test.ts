import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { applyDeletion } from "../../src/deletion/apply-deletion.js";
import { applyPurge } from "../../src/deletion/apply-purge.js";
import type { DeletionRule, DeletionTarget } from "../../src/deletion/deletion-rule.js";
import { deletionRules } from "../../src/deletion/rules.js";
import { PurgeWorker } from "../../src/workers/purge-worker.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

const obstacleId = "01999999-9999-7999-8999-999999999999";

describe("rules that refuse a deletion", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let platform: ApiClient;
  let id: string;
  let path: string;
  let refuses = true;
  const asked: DeletionTarget[] = [];
  /** As a schedule would: a connector's, and a tenant's whose deletion does not end it by itself. */
  const rule: DeletionRule = {
    kind: "thing",
    code: "OPERATION_RUN_UNFINISHED",
    async findObstacle({ connectors }, target) {
      asked.push(target);
      // Asked inside of the unit that deletes: the connector is gone for it already.
      if (target.kind === "connector") expect(await connectors.findById(target.connectorId)).toBeUndefined();
      return refuses ? { ids: [obstacleId], detail: `The thing ${obstacleId} needs it.` } : undefined;
    },
  };

  beforeAll(async () => {
    service = await startTestService(get().database, { deletionRules: [...deletionRules, rule] });
    platform = new ApiClient(service.url, platformKey);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    refuses = true;
    id = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    path = `/v1/connectors/${id}`;
    asked.length = 0;
  });

  const refusal = {
    status: 409,
    body: {
      code: "OPERATION_RUN_UNFINISHED",
      detail: `The thing ${obstacleId} needs it.`,
      errors: [{ path: "thing", message: obstacleId }],
    },
  };

  it("are asked by DELETE and by a purge at once, and nothing has happened then", async () => {
    expect(await tenant.api.delete(path)).toMatchObject(refusal);
    expect(await tenant.api.post(`${path}/purge`)).toMatchObject(refusal);
    expect(asked).toEqual([1, 2].map(() => ({ kind: "connector", connectorId: id })));
    expect(await tenant.api.get(path)).toMatchObject({ status: 200, body: { version: 1, deletedAt: null } });
    const { data } = (await tenant.api.get(`/v1/audit-events?targetId=${id}`)).body;
    expect(data.map(({ action }: { action: string }) => action)).toEqual(["connector.created"]);
  });

  it("are asked when a connector that is deleted already is to be purged now, and once more before it goes", async () => {
    refuses = false;
    expect((await tenant.api.delete(path)).status).toBe(204);
    refuses = true;
    expect(await tenant.api.post(`${path}/purge`)).toMatchObject(refusal);
    expect((await get().database.asSystem(({ purges }) => purges.claimDue(9, 1, 1))).length).toBe(0);
    const update = "update connector_deletions set purge_at = now() where connector_id = $1";
    const superuser = await get().server.connectAsSuperuser(get().url);
    await superuser.query(update, [id]);
    const worker = new PurgeWorker(service.services);
    expect(await worker.beginDue()).toBe(1);
    await worker.settle();
    expect((await superuser.query("select 1 from connectors where id = $1", [id])).rowCount).toBe(1);
    await superuser.end();
  });

  it("are asked by what an approved change applies", async () => {
    const request = { id, expectedVersion: 1 };
    const { services } = service;
    const { tenantId } = tenant;
    const inside = { code: "OPERATION_RUN_UNFINISHED" };
    const { asTenant } = services.database;
    const note = async () => undefined;
    const deletion = asTenant(tenantId, (work) => applyDeletion(services, work, note, request));
    await expect(deletion).rejects.toMatchObject(inside);
    const purge = asTenant(tenantId, (work) => applyPurge(services, work, note, request));
    await expect(purge).rejects.toMatchObject(inside);
    expect((await tenant.api.get(path)).body.version).toBe(1);
  });

  it("are asked by the deletion of a tenant, before anything of it is closed", async () => {
    const { data } = (await platform.get("/v1/tenants?limit=200")).body;
    const { name } = data.find((each: { id: string }) => each.id === tenant.tenantId);
    const answer = await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, {});
    expect(answer).toMatchObject(refusal);
    expect(asked).toEqual([{ kind: "tenant" }]);
    // Its keys work, and its connectors are switched on.
    expect((await tenant.api.get(path)).body).toMatchObject({ active: true });
  });

  it("see a run that was begun in the same moment, and a run that comes later is not begun", async () => {
    refuses = false;
    const { database } = get();
    const begin = (runId: string) => ({
      id: runId,
      connectorId: id,
      connectorVersion: 1,
      operation: "bulk.query",
      createdBy: tenant.userId,
    });
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const runId = newId();
    const claim = { attemptId: newId(), leaseMs: 60_000 };
    const running = database.asTenant(tenant.tenantId, async ({ operationRuns }) => {
      await operationRuns.begin(begin(runId), claim);
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    const deleting = tenant.api.delete(path);
    // Nothing of the run is committed, and the deletion waits for it.
    await expect
      .poll(async () => await get().server.connectAsSuperuser(get().url).then(countWaiting), { interval: 20 })
      .toBe(1);
    end.resolve();
    await running;
    expect(await deleting).toMatchObject({
      status: 409,
      body: { code: "OPERATION_RUN_UNFINISHED", detail: expect.stringContaining(runId) },
    });
    await database.asTenant(tenant.tenantId, ({ operationRuns }) =>
      operationRuns.land(runId, claim.attemptId, { kind: "ended", status: "cancelled" }),
    );
    expect((await tenant.api.delete(path)).status).toBe(204);
    const late = database.asTenant(tenant.tenantId, ({ operationRuns }) => operationRuns.begin(begin(newId()), claim));
    await expect(late).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

interface Superuser {
  query(text: string): Promise<{ rowCount: number | null }>;
  end(): Promise<void>;
}

async function countWaiting(superuser: Superuser): Promise<number | null> {
  const text = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%update connectors%'
    and datname = current_database() and pid <> pg_backend_pid()`;
  try {
    return (await superuser.query(text)).rowCount;
  } finally {
    await superuser.end();
  }
}
