import { beforeAll, expect, it } from "vitest";
import type { ChangeRequestRow, NewChangeRequest, TenantRepositories } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { newChange } from "../support/full-tenant.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

describeOnDatabases("change requests", (get) => {
  let tenant: TestTenant;
  let requestedBy: string;
  let approvers: string[];
  let connectorId: string;

  const work = <Result>(run: (repositories: TenantRepositories) => Promise<Result>) =>
    get().database.asTenant(tenant.tenantId, run);
  const ask = (changes: Partial<NewChangeRequest> = {}): Promise<ChangeRequestRow> =>
    work(({ changeRequests }) => changeRequests.create({ ...newChange(connectorId, requestedBy), ...changes }));
  const claim = (limit: number, leaseMs: number) =>
    get().database.asSystem(({ changes }) => changes.claimDue(limit, leaseMs));

  beforeAll(async () => {
    const { database } = get();
    tenant = await createTestTenant(database);
    connectorId = (await connectorData().create(database, tenant)).id;
    const add = (name: string) =>
      work(({ users }) => users.create({ email: `${name}@example.com`, name, roles: ["approver"] }));
    requestedBy = (await add("requester")).id;
    approvers = [(await add("first")).id, (await add("second")).id];
  });

  it("are decided once: of two at the same time, one gets it", async () => {
    const { id } = await ask();
    const decisions = await Promise.all(
      approvers.map((decidedBy) =>
        work(({ changeRequests }) =>
          changeRequests.decide(id, { from: "pending", version: 1, when: "in_time", status: "approved", decidedBy }),
        ),
      ),
    );
    expect(decisions.filter((each) => each !== undefined)).toHaveLength(1);
    const row = await work(({ changeRequests }) => changeRequests.findById(id));
    const late = await work(({ changeRequests }) => changeRequests.decide(id, { from: "pending", status: "rejected" }));
    expect(late).toBeUndefined();
    expect(row).toMatchObject({ status: "approved", version: 2, payload: null, decidedAt: expect.any(Date) });
  });

  it("are decided at the version and in the time that the decision names, by the database clock", async () => {
    const { id } = await ask();
    const decide = (decision: object) =>
      work(({ changeRequests }) =>
        changeRequests.decide(id, { from: "pending", status: "rejected", decidedBy: approvers[0] ?? "", ...decision }),
      );
    await work(({ changeRequests }) => changeRequests.touch(id));
    expect(await decide({ version: 1 })).toBeUndefined();
    expect(await decide({ version: 2, when: "overdue" })).toBeUndefined();
    await get().queryPastGuards("update change_requests set expires_at = now() where id = $1::uuid", id);
    expect(await decide({ version: 2, when: "in_time" })).toBeUndefined();
    expect(await decide({ version: 2, when: "overdue" })).toMatchObject({ status: "rejected" });
  });

  it("are never approved by who asked for them, whatever the service would do", async () => {
    const { id } = await ask();
    const own = work(({ changeRequests }) =>
      changeRequests.decide(id, { from: "pending", status: "approved", decidedBy: requestedBy }),
    );
    await expect(own).rejects.toThrow(/change_requests_four_eyes/);
    const nobody = work(({ changeRequests }) => changeRequests.decide(id, { from: "pending", status: "approved" }));
    await expect(nobody).rejects.toThrow(/change_requests_four_eyes/);
  });

  it("are one emergency of a target at a time, confirmed by two who are two, and neither is who asked", async () => {
    const emergency = { reason: "x", appliedVersion: 2 };
    const { id } = await ask({ emergency });
    await expect(ask({ emergency })).rejects.toMatchObject({ code: "CONFLICT" });
    const [first = "", second = ""] = approvers;
    const own = work(({ changeRequests }) => changeRequests.confirm(id, 1, requestedBy));
    await expect(own).rejects.toThrow(/change_requests_confirmer/);
    expect(await work(({ changeRequests }) => changeRequests.confirm(id, 1, first))).toMatchObject({
      confirmedBy: first,
    });
    const end = (decidedBy: string) =>
      work(({ changeRequests }) => changeRequests.decide(id, { from: "emergency", status: "confirmed", decidedBy }));
    await expect(end(first)).rejects.toThrow(/change_requests_six_eyes/);
    expect(await end(second)).toMatchObject({ status: "confirmed" });
  });

  it("are claimed when they are due, by different workers side by side, and again once the lease of a dead one is over", async () => {
    const due = await Promise.all([ask(), ask(), ask(), ask()]);
    await ask();
    const ids = due.map(({ id }) => id);
    await get().queryPastGuards("update change_requests set next_look_at = null");
    await get().queryPastGuards("update change_requests set next_look_at = now() where id = any($1::uuid[])", ids);
    const claims = (await Promise.all([claim(2, 60_000), claim(2, 60_000), claim(2, 60_000)])).flat();
    expect(claims.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(claims.every(({ tenantId }) => tenantId === tenant.tenantId)).toBe(true);
    expect(await claim(10, 60_000)).toEqual([]);
    await get().queryPastGuards("update change_requests set next_look_at = now() where id = $1::uuid", ids[0]);
    expect(await claim(10, 60_000)).toEqual([{ tenantId: tenant.tenantId, id: ids[0] }]);
  });
});
