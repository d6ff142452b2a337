import { LocalKeyring, silentLogger, systemClock, systemRandom, Vault } from "@isthmus/core";
import { afterAll, beforeEach, expect, it } from "vitest";
import { exportAudit } from "../../src/audit/export-audit.js";
import { sealAudit } from "../../src/audit/seal-audit.js";
import { type AuditReport, verifyAudit } from "../../src/audit/verify-audit.js";
import { newId } from "../../src/database/index.js";
import { platformId } from "../../src/repositories/index.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { AuditSealer } from "../../src/workers/audit-sealer.js";
import { KeyRotationWorker } from "../../src/workers/key-rotation-worker.js";
import { describeOnDatabases } from "../support/databases.js";
import { removeEverything } from "../support/remove-everything.js";

describeOnDatabases("the chain of the platform's audit", (get) => {
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  const request = { id: "request-1", ip: "192.0.2.1" };

  function makeParts(keys = k1) {
    const { database } = get();
    const keyProvider = LocalKeyring.parse(keys);
    const dataKeys = new DatabaseDataKeyStore(database);
    const vault = new Vault({ keyProvider, dataKeys, createDataKeyId: newId });
    return { database, vault, keyProvider, clock: systemClock, random: systemRandom, logger: silentLogger };
  }
  let parts: ReturnType<typeof makeParts>;

  beforeEach(async () => {
    parts = makeParts();
    await removeEverything(get());
    await append(5);
    await sealAudit(parts, platformId);
  });
  afterAll(() => removeEverything(get()));

  const append = (count: number) =>
    get().database.asSystem(async ({ events }) => {
      for (let index = 0; index < count; index++) {
        const details = { index, nested: { b: [1.5, null], a: "ü" } };
        const facts = {
          action: "thing.done",
          targetType: "thing",
          targetId: "x",
          outcome: "success",
          details,
        } as const;
        await events.appendPlatform(facts, request);
      }
    });
  async function verify(expected?: { seq: number; hash: string }): Promise<AuditReport> {
    const steps = verifyAudit(parts, platformId, expected);
    for (;;) {
      const step = await steps.next();
      if (step.done) return step.value;
    }
  }
  /** As the owner of the database, whom no guard holds back. */
  const tamper = (sql: string) => get().queryPastGuards(`${sql} returning 1 as one`);
  const keys = () => get().queryPastGuards("select id::text as id, key_encryption_key_id as kek from platform_keys");

  it("holds every event once, in an unbroken order, behind a signed head", async () => {
    await append(2);
    expect(await sealAudit(parts, platformId, { batchSize: 1 })).toBe(2);
    const report = await verify();
    expect(report).toMatchObject({ ok: true, events: 7, isKeyHeld: true, unsealed: { count: 0 } });
    expect(report.signedHead).toMatchObject({ tenantId: platformId, seq: 7 });
    const lines = [];
    for await (const line of exportAudit(parts, platformId)) lines.push(line);
    expect(lines.at(-1)).toMatchObject({ events: 7, filtered: false, unsealed: 0, head: { seq: 7 } });
    expect(lines[0]).toMatchObject({ tenantId: platformId, action: "thing.done", ip: "192.0.2.1", chain: { seq: 1 } });
  });

  it("is sealed by the workers", async () => {
    await append(1);
    await new AuditSealer(parts).runOnce();
    const { rows } = await parts.database.asSystem(({ events }) => events.listPlatform({ limit: 1 }));
    expect(rows).toMatchObject([{ chain: { seq: 6 } }]);
  });

  it.each([
    ["EDITED", 3, "update platform_events set action = 'thing.undone' where chain_seq = 3"],
    ["EDITED", 2, "update platform_events set ip = null where chain_seq = 2"],
    [
      "EDITED",
      1,
      "update platform_events set occurred_at = occurred_at - interval '1 millisecond' where chain_seq = 1",
    ],
    ["MISSING", 2, "delete from platform_events where chain_seq = 2"],
    ["TRUNCATED", 4, "delete from platform_events where chain_seq > 3"],
    ["HEAD_MISSING", 5, `delete from audit_heads where tenant_id = '${platformId}'`],
    ["HEAD_FORGED", 5, `update audit_heads set signed_at = now() where tenant_id = '${platformId}'`],
  ])("names what was done to it: %s at event %i", async (kind, seq, sql) => {
    await tamper(sql);
    const { ok, break: found } = await verify();
    expect([ok, found?.kind, found?.seq]).toEqual([false, kind, seq]);
  });

  it("names events that stand in another order", async () => {
    await tamper("update platform_events set chain_seq = 99 where chain_seq = 2");
    await tamper("update platform_events set chain_seq = 2 where chain_seq = 3");
    await tamper("update platform_events set chain_seq = 3 where chain_seq = 99");
    expect((await verify()).break).toMatchObject({ kind: "REORDERED", seq: 2 });
  });

  it("hands over to a new key with each rotation of keys, and destroys the former one", async () => {
    const before = await verify();
    const [former] = await keys();
    parts = makeParts(`${k2},${k1}`);
    await parts.database.asSystem((system) =>
      system.keys.begin({ dataKeys: false, keyEncryptionKeyId: "k2" }, request),
    );
    // A process that has not heard of the new key yet neither makes nor uses one.
    await expect(sealAudit(makeParts(k1), platformId)).rejects.toMatchObject({ code: "KEY_INVALID" });
    expect(await keys()).toEqual([former]);
    expect(await new KeyRotationWorker(parts).runOnce()).toBe(true);
    const [present, ...others] = await keys();
    expect([present?.kek, others]).toEqual(["k2", []]);
    expect(present?.id).not.toBe(former?.id);
    parts = makeParts(k2);
    const after = await verify(before.head);
    const first = before.signedHead?.publicKey;
    expect(after).toMatchObject({ ok: true, isKeyHeld: true, publicKeys: [first, after.signedHead?.publicKey] });
    expect(after.signedHead?.publicKey).not.toBe(first);
  });

  it("is not taken back by a sealer that has the former key in hand", async () => {
    const before = await verify();
    const slow = makeParts();
    const take = slow.vault.signer.bind(slow.vault);
    slow.vault.signer = async (...place) => {
      slow.vault.signer = take;
      const former = await take(...place);
      const wish = { dataKeys: false, keyEncryptionKeyId: "k1" };
      await parts.database.asSystem((system) => system.keys.begin(wish, request));
      await sealAudit(parts, platformId);
      return former;
    };
    await append(1);
    await sealAudit(slow, platformId);
    const after = await verify();
    expect(after).toMatchObject({ ok: true, isKeyHeld: true });
    expect(after.publicKeys).toEqual([before.signedHead?.publicKey, after.signedHead?.publicKey]);
  });

  it("is read to its end, however high somebody has made its numbers", async () => {
    await tamper("update platform_events set chain_seq = 9007199254740990 where chain_seq = 5");
    await tamper(`update audit_heads set seq = 9223372036854775807 where tenant_id = '${platformId}'`);
    expect((await verify()).break).toMatchObject({ kind: "EDITED", seq: 9007199254740990 });
    const lines = [];
    for await (const line of exportAudit(parts, platformId)) lines.push(line);
    expect(lines.at(-1)).toMatchObject({ events: 5 });
  });

  it("is one chain when several seal it at once, also while its key is replaced", async () => {
    await append(20);
    await parts.database.asSystem((system) =>
      system.keys.begin({ dataKeys: false, keyEncryptionKeyId: "k1" }, request),
    );
    await Promise.all([1, 2, 3].map(() => sealAudit(makeParts(), platformId, { batchSize: 4 })));
    const report = await verify();
    expect(report).toMatchObject({ ok: true, events: 27, isKeyHeld: true });
    expect(report.publicKeys).toHaveLength(2);
  });
});
