import { LocalKeyring, signAuditHead, silentLogger, systemClock, Vault } from "@isthmus/core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealAudit } from "../../src/audit/seal-audit.js";
import { ForgedAuditHeadError } from "../../src/audit/signing-keys.js";
import { type AuditReport, verifyAudit } from "../../src/audit/verify-audit.js";
import { newId } from "../../src/database/index.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { AuditSealer } from "../../src/workers/audit-sealer.js";
import { describeOnDatabases } from "../support/databases.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";

describeOnDatabases("the chain of audit events", (get) => {
  let tenant: TestTenant;
  const keyProvider = LocalKeyring.parse(LocalKeyring.generate());

  function makeParts() {
    const { database } = get();
    const vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(database), createDataKeyId: newId });
    return { database, vault, clock: systemClock, logger: silentLogger };
  }
  let parts: ReturnType<typeof makeParts>;

  beforeAll(() => {
    parts = makeParts();
  });
  beforeEach(async () => {
    tenant = await createTestTenant(get().database);
  });

  async function append(count: number, tenantId = tenant.tenantId): Promise<void> {
    await parts.database.asTenant(tenantId, async ({ auditEvents }) => {
      for (let index = 0; index < count; index++) {
        await auditEvents.append({
          actorUserId: newId(),
          actorApiKeyId: newId(),
          action: "thing.done",
          targetType: "thing",
          targetId: `thing-${index}`,
          outcome: "success",
          ip: "192.0.2.1",
          requestId: "request-1",
          details: { index, nested: { b: [1.5, null], a: "ü" } },
        });
      }
    });
  }
  async function verify(expected?: { seq: number; hash: string }): Promise<AuditReport> {
    const steps = verifyAudit(parts, tenant.tenantId, expected);
    for (;;) {
      const step = await steps.next();
      if (step.done) return step.value;
    }
  }
  /** As the owner of the database, whom no guard holds back. */
  const tamper = (sql: string) =>
    get().queryPastGuards(sql.replaceAll("$tenant", `tenant_id = '${tenant.tenantId}'`).concat(" returning 1 as one"));

  it("holds every event once, in an unbroken order, behind a head that is signed with the tenant's key", async () => {
    await append(7);
    expect(await sealAudit(parts, tenant.tenantId, { batchSize: 3 })).toBe(8);
    await append(2);
    expect(await sealAudit(parts, tenant.tenantId)).toBe(2);
    expect(await sealAudit(parts, tenant.tenantId)).toBe(0);
    const report = await verify();
    expect(report).toMatchObject({ ok: true, events: 10, break: null, isKeyHeld: true, unsealed: { count: 0 } });
    expect(report.signedHead).toMatchObject({ seq: 10, tenantId: tenant.tenantId });
    // Time after time over the same: what is sealed is not sealed again.
    expect((await verify()).signedHead).toEqual(report.signedHead);
  });

  it("takes an event that was committed late, though its id is older than the chain's end", async () => {
    const late = newId();
    await append(3);
    await sealAudit(parts, tenant.tenantId);
    await get().queryPastGuards(
      `insert into audit_events (id, tenant_id, action, target_type, outcome) values ('${late}', '${tenant.tenantId}', 'late', 'x', 'success') returning 1`,
    );
    expect(await sealAudit(parts, tenant.tenantId)).toBe(1);
    const report = await verify();
    expect(report).toMatchObject({ ok: true, events: 5 });
    const { rows } = await parts.database.asTenant(tenant.tenantId, ({ auditEvents }) =>
      auditEvents.list({ action: "late" }, { limit: 1 }),
    );
    expect(rows[0]).toMatchObject({ id: late, chain: { seq: 5 } });
  });

  it("is one chain when several seal the same tenant at once", async () => {
    await append(30);
    const results = await Promise.all(
      Array.from({ length: 4 }, () => sealAudit(makeParts(), tenant.tenantId, { batchSize: 4 })),
    );
    expect(results.reduce((sum, count) => sum + count, 0)).toBe(31);
    expect(await verify()).toMatchObject({ ok: true, events: 31 });
  });

  it("is sealed by workers, each tenant by one, and one that died leaves its tenant to the next", async () => {
    await append(2);
    const dead = await parts.database.asSystem(({ audits }) => audits.claim(100, 60_000, false));
    expect(dead).toContain(tenant.tenantId);
    const sealer = new AuditSealer(makeParts());
    await sealer.runOnce();
    const unsealed = () => parts.database.asTenant(tenant.tenantId, ({ auditChain }) => auditChain.describeUnsealed());
    expect((await unsealed()).count).toBe(3);
    await tamper("update audit_heads set lease_until = now() - interval '1 second' where $tenant");
    await sealer.runOnce();
    expect((await unsealed()).count).toBe(0);
    expect(await parts.database.asSystem(({ audits }) => audits.claim(100, 1, false))).not.toContain(tenant.tenantId);
  });

  it("gives whoever appends no say in where an event stands, and nobody the right to change a sealed one", async () => {
    await append(1);
    await sealAudit(parts, tenant.tenantId);
    const { prisma } = get().connection;
    const asApp = (sql: string) =>
      prisma.$transaction(async (client) => {
        await client.$executeRaw`select set_config('role', 'isthmus_app', true), set_config('app.tenant_id', ${tenant.tenantId}, true)`;
        return client.$executeRawUnsafe(sql);
      });
    for (const sql of [
      `insert into audit_events (id, tenant_id, action, target_type, outcome, chain_seq) values (gen_random_uuid(), '${tenant.tenantId}', 'x', 'x', 'success', 9)`,
      "update audit_events set chain_seq = 9",
      "update audit_heads set seq = 9",
      "delete from audit_heads",
      `insert into audit_heads (tenant_id) values ('${newId()}')`,
    ]) {
      await expect(asApp(sql)).rejects.toThrow(/permission denied/);
    }
    if (get().kind === "embedded") return; // Its owner is a superuser, whom no policy binds.
    expect(await prisma.$executeRaw`update audit_events set action = 'forged'`).toBe(0);
    expect(await prisma.$executeRaw`delete from audit_events`).toBe(0);
  });

  describe("tampered with as the owner of the database", () => {
    beforeEach(async () => {
      await append(5);
      await sealAudit(parts, tenant.tenantId);
    });

    it("names the event of which any column was changed", async () => {
      const changes = [
        ["id", "gen_random_uuid()"],
        ["actor_user_id", "gen_random_uuid()"],
        ["actor_user_id", "null"],
        ["actor_api_key_id", "null"],
        ["action", "'thing.undone'"],
        ["target_type", "'user'"],
        ["target_id", "null"],
        ["outcome", "'denied'"],
        ["ip", "'192.0.2.2'"],
        ["request_id", "'request-2'"],
        ["details", "details || '{\"index\":99}'"],
        ["details", "jsonb_set(details, '{nested,b,0}', '1.25')"],
        ["occurred_at", "occurred_at - interval '1 millisecond'"],
        ["chain_hash", "decode(repeat('ab', 32), 'hex')"],
      ];
      const [original] = await get().queryPastGuards(
        `select to_jsonb(e) as event from audit_events e where tenant_id = '${tenant.tenantId}' and chain_seq = 3`,
      );
      for (const [column, value] of changes) {
        await tamper(`update audit_events set ${column} = ${value} where $tenant and chain_seq = 3`);
        const { break: found } = await verify();
        expect([column, value, found?.kind, found?.seq]).toEqual([column, value, "EDITED", 3]);
        await tamper("delete from audit_events where $tenant and chain_seq = 3");
        await get().queryPastGuards(
          "insert into audit_events select * from jsonb_populate_record(null::audit_events, $1::jsonb) returning 1 as one",
          JSON.stringify(original?.event),
        );
      }
      expect(await verify()).toMatchObject({ ok: true });
    });

    it("looks at every column that there is", async () => {
      const columns = await get().queryPastGuards(
        "select column_name::text as name from information_schema.columns where table_name = 'audit_events' order by 1",
      );
      // A new one has to be hashed, and to stand in the test above. tenant_id: an event moved to another tenant is missing here.
      expect(columns.map(({ name }) => name)).toEqual([
        "action",
        "actor_api_key_id",
        "actor_user_id",
        "chain_hash",
        "chain_seq",
        "details",
        "id",
        "ip",
        "occurred_at",
        "outcome",
        "previous_hash",
        "request_id",
        "target_id",
        "target_type",
        "tenant_id",
      ]);
    });

    it.each([1, 3])("names the place where an event is gone (%i), also when the others move up", async (seq) => {
      await tamper(`delete from audit_events where $tenant and chain_seq = ${seq}`);
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "MISSING", seq } });
      for (let next = seq + 1; next <= 6; next++) {
        await tamper(`update audit_events set chain_seq = ${next - 1} where $tenant and chain_seq = ${next}`);
      }
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "MISSING", seq } });
    });

    it("names an event that was given to another tenant, in both of their chains", async () => {
      const other = await createTestTenant(get().database);
      await append(1, other.tenantId);
      await sealAudit(parts, other.tenantId);
      await tamper(`update audit_events set tenant_id = '${other.tenantId}' where $tenant and chain_seq = 3`);
      expect(await verify()).toMatchObject({ break: { kind: "MISSING", seq: 3 } });
      tenant = other;
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "EDITED", seq: 3 } });
    });

    it("names events that changed places", async () => {
      await tamper("update audit_events set chain_seq = 99 where $tenant and chain_seq = 2");
      await tamper("update audit_events set chain_seq = 2 where $tenant and chain_seq = 4");
      await tamper("update audit_events set chain_seq = 4 where $tenant and chain_seq = 99");
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "REORDERED", seq: 2 } });
    });

    it("names an end that was cut off without its head", async () => {
      await tamper("delete from audit_events where $tenant and chain_seq >= 5");
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "TRUNCATED", seq: 5 } });
      await tamper("delete from audit_events where $tenant");
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "TRUNCATED", seq: 1 } });
    });

    it("names a head that was removed, put back from before, or written by hand, and seals nothing behind that", async () => {
      const { signedHead } = await verify();
      await append(1);
      await sealAudit(parts, tenant.tenantId);
      const put = (head: { seq: number; hash: string; signature: string; signedAt: string }) =>
        tamper(
          `update audit_heads set seq = ${head.seq}, hash = decode('${head.hash}', 'hex'), signature = '${head.signature}', signed_at = '${head.signedAt}' where $tenant`,
        );
      if (signedHead === undefined) throw new Error("no head");
      await put(signedHead);
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "HEAD_BEHIND", seq: 7 } });

      await put({ ...signedHead, seq: 7 });
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "HEAD_FORGED" } });
      await append(1);
      await expect(sealAudit(parts, tenant.tenantId)).rejects.toBeInstanceOf(ForgedAuditHeadError);

      await tamper("delete from audit_heads where $tenant");
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "HEAD_MISSING", seq: 7 } });
    });

    it("takes no other key for the tenant's, whatever the head says", async () => {
      const stranger = await createTestTenant(get().database);
      const signer = await parts.vault.signer(stranger.tenantId, "audit");
      await tamper(`update audit_heads set public_key = '${signer.publicKey}' where $tenant`);
      expect(await verify()).toMatchObject({ ok: true });
      const { signedHead } = await verify();
      if (signedHead === undefined) throw new Error("no head");
      const forged = signAuditHead(signer, tenant.tenantId, signedHead, new Date());
      await tamper(
        `update audit_heads set signature = '${forged.signature}', signed_at = '${forged.signedAt}' where $tenant`,
      );
      expect(await verify()).toMatchObject({ ok: false, break: { kind: "HEAD_FORGED" } });
    });

    it("cannot see that the end was cut off together with its head, but for a head that was kept outside", async () => {
      const older = await verify();
      await append(3);
      await sealAudit(parts, tenant.tenantId);
      const kept = (await verify()).head;
      const { signedHead } = older;
      if (signedHead === undefined) throw new Error("no head");
      await tamper("delete from audit_events where $tenant and chain_seq > 6");
      await tamper(
        `update audit_heads set seq = 6, hash = decode('${signedHead.hash}', 'hex'), signature = '${signedHead.signature}', signed_at = '${signedHead.signedAt}' where $tenant`,
      );
      expect(await verify()).toMatchObject({ ok: true, events: 6 });
      expect(await verify(kept)).toMatchObject({ ok: false, break: { kind: "EXPECTED_HEAD", seq: 9 } });
      // Nor that everything was written anew by the service itself, after its chain was taken away.
      await tamper("update audit_events set chain_seq = null, previous_hash = null, chain_hash = null where $tenant");
      await tamper("delete from audit_heads where $tenant");
      await tamper("update audit_events set action = 'forged' where $tenant");
      expect(await verify()).toMatchObject({ ok: true, events: 6 });
      expect(await verify(older.head)).toMatchObject({ ok: false, break: { kind: "EXPECTED_HEAD", seq: 6 } });
    });
  });

  it("names events that nobody seals", async () => {
    const away = () => Promise.reject(new Error("away"));
    const dataKeys = { current: away, find: away, insert: away };
    parts = { ...makeParts(), vault: new Vault({ keyProvider, dataKeys }) };
    try {
      expect(await verify()).toMatchObject({ ok: true, events: 0, unsealed: { count: 1 } });
      await tamper("update audit_events set occurred_at = now() - interval '11 minutes' where $tenant");
      const { signedHead, break: found } = await verify();
      expect(signedHead).toBeUndefined();
      expect(found).toMatchObject({ kind: "UNSEALED", seq: 1, detail: expect.stringContaining("for 11 minutes") });
    } finally {
      parts = makeParts();
    }
  });

  it("says in the chain that the key of its end is gone, and goes on", async () => {
    await append(1);
    await sealAudit(parts, tenant.tenantId);
    await tamper(`update audit_heads set key_id = '${newId()}' where $tenant`);
    expect(await verify()).toMatchObject({ ok: true, isKeyHeld: true, events: 3 });
    const { rows } = await parts.database.asTenant(tenant.tenantId, ({ auditEvents }) =>
      auditEvents.list({ action: "audit.end_unproven" }, { limit: 5 }),
    );
    expect(rows).toMatchObject([{ outcome: "failure", details: { seq: 2 }, chain: { seq: 3 } }]);
  });
});
