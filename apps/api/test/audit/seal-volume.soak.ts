import { performance } from "node:perf_hooks";
import { LocalKeyring, silentLogger, systemClock, Vault } from "@isthmus/core";
import { beforeAll, expect, it } from "vitest";
import { exportAudit } from "../../src/audit/export-audit.js";
import { sealAudit } from "../../src/audit/seal-audit.js";
import { verifyAudit } from "../../src/audit/verify-audit.js";
import { newId } from "../../src/database/index.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { describeOnDatabases } from "../support/databases.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";

const events = 20_000;
const appended = 300;

describeOnDatabases("an audit of many events", (get) => {
  let tenant: TestTenant;
  let parts: Parameters<typeof sealAudit>[0];

  beforeAll(async () => {
    const { database, queryPastGuards } = get();
    tenant = await createTestTenant(database);
    const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
    const vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(database), createDataKeyId: newId });
    parts = { database, vault, clock: systemClock, logger: silentLogger };
    await queryPastGuards(
      `insert into audit_events (id, tenant_id, actor_user_id, actor_api_key_id, action, target_type, target_id, outcome, ip, request_id, details)
      select gen_random_uuid(), '${tenant.tenantId}', gen_random_uuid(), gen_random_uuid(), 'operation.run', 'connector',
        gen_random_uuid()::text, 'success', '192.0.2.1', gen_random_uuid()::text,
        jsonb_build_object('operation', 'records.create', 'begun', gen_random_uuid()::text)
      from generate_series(1, ${events}) returning 1`,
    );
  }, 120_000);

  async function rate(name: string, work: () => Promise<number>): Promise<void> {
    const beganAtMs = performance.now();
    const count = await work();
    const perSecond = Math.round((count / (performance.now() - beganAtMs)) * 1000);
    process.stdout.write(`${get().kind}: ${name} ${count} events, ${perSecond}/s\n`);
  }

  it("is sealed, verified and exported, page by page", { timeout: 300_000 }, async () => {
    // What an event costs the request that it tells of.
    await rate("appended", async () => {
      const facts = { action: "operation.begun", targetType: "connector", outcome: "success" } as const;
      for (let index = 0; index < appended; index++) {
        await parts.database.asTenant(tenant.tenantId, ({ auditEvents }) => auditEvents.append(facts));
      }
      return appended;
    });
    await rate("sealed", () => sealAudit(parts, tenant.tenantId));
    await rate("verified", async () => {
      const steps = verifyAudit(parts, tenant.tenantId);
      for (;;) {
        const step = await steps.next();
        if (!step.done) continue;
        expect(step.value).toMatchObject({ ok: true, events: events + appended + 1 });
        return step.value.events;
      }
    });
    await rate("exported", async () => {
      let lines = 0;
      for await (const line of exportAudit(parts, tenant.tenantId, {}))
        lines += JSON.stringify(line).length > 0 ? 1 : 0;
      return lines - 1;
    });
  });
});
