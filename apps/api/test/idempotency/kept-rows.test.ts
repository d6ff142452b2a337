import { randomUUID } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { watchWrites } from "../../src/database/write-watch.js";
import { describeOnDatabases } from "../support/databases.js";
import { createTestTenant, sha256, type TestTenant } from "../support/test-data.js";

describeOnDatabases("rows of idempotency keys", (get) => {
  let tenant: TestTenant;
  let dataKeyId: string;

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
    dataKeyId = (
      await get().database.asTenant(tenant.tenantId, ({ dataKeys }) =>
        dataKeys.createActive({ wrapped: {}, keyEncryptionKeyId: "test" }),
      )
    ).id;
  });

  const newRequest = (keyHash = sha256(randomUUID())) => ({
    id: newId(),
    userId: tenant.userId,
    keyHash,
    fingerprint: `hmac-sha256/${dataKeyId}/x`,
    requestId: "r",
    keptForMs: 60_000,
  });
  const claim = (leaseMs = 60_000) => ({ attemptId: newId(), leaseMs });
  const work = <T>(run: Parameters<ReturnType<typeof get>["database"]["asTenant"]>[1]) =>
    get().database.asTenant(tenant.tenantId, run) as Promise<T>;

  it("are of one request at a time: the second one finds the first", async () => {
    const [first, second] = [newRequest(), newRequest()];
    const rival = { ...second, keyHash: first.keyHash };
    const noted = await Promise.all(
      [first, rival].map((request) => work<unknown>(({ idempotencyKeys }) => idempotencyKeys.note(request, claim()))),
    );
    expect(noted.filter((row) => row !== undefined)).toHaveLength(1);
    const found = await work<{ id: string }>(({ idempotencyKeys }) =>
      idempotencyKeys.find(tenant.userId, first.keyHash),
    );
    expect([first.id, rival.id]).toContain(found.id);
    expect(found).toMatchObject({ isHeld: true, begunAt: null, answer: null, dataKeyId });
  });

  it("are taken when the lease is over, and never once they have begun; a late answer lands all the same", async () => {
    const request = newRequest();
    const [mine, theirs] = [claim(-1), claim()];
    await work(({ idempotencyKeys }) => idempotencyKeys.note(request, mine));
    await work(async ({ idempotencyKeys }) => {
      expect(await idempotencyKeys.take(request.id, theirs)).toBe(true);
      // Whoever was overtaken can do nothing any more.
      expect(await idempotencyKeys.begin(request.id, mine.attemptId)).toBe(false);
      expect(await idempotencyKeys.renew(request.id, mine)).toBe(false);
      expect(await idempotencyKeys.answer(request.id, mine.attemptId, { kid: dataKeyId })).toBe(false);
      await idempotencyKeys.forget(request.id, mine.attemptId);
      expect(await idempotencyKeys.begin(request.id, theirs.attemptId)).toBe(true);
      expect(await idempotencyKeys.renew(request.id, { ...theirs, leaseMs: -1 })).toBe(true);
      expect(await idempotencyKeys.take(request.id, claim())).toBe(false);
      expect(await idempotencyKeys.answer(request.id, theirs.attemptId, { kid: dataKeyId })).toBe(true);
      expect(await idempotencyKeys.answer(request.id, theirs.attemptId, { kid: dataKeyId })).toBe(false);
    });
  });

  it("give way to a new request once they are old, unless somebody is at them; the pruner removes the same ones", async () => {
    const [old, held, young] = [newRequest(), newRequest(), newRequest()];
    await work(async ({ idempotencyKeys }) => {
      await idempotencyKeys.note({ ...old, keptForMs: -1 }, claim(-1));
      await idempotencyKeys.note({ ...held, keptForMs: -1 }, claim());
      await idempotencyKeys.note(young, claim(-1));
    });
    const again = await work<unknown>(async ({ idempotencyKeys }) => [
      await idempotencyKeys.note({ ...newRequest(old.keyHash), keptForMs: -1 }, claim(-1)),
      await idempotencyKeys.note(newRequest(held.keyHash), claim()),
      await idempotencyKeys.note(newRequest(young.keyHash), claim()),
    ]);
    expect(again).toEqual([expect.objectContaining({ isHeld: false }), undefined, undefined]);
    expect(await get().database.asSystem(({ idempotency }) => idempotency.prune(100))).toBe(1);
    const left = await get().queryPastGuards("select key_hash from idempotency_keys where expires_at < now()");
    expect(left).toEqual([{ key_hash: held.keyHash }]);
  });

  it("seal by the data key of their fingerprint, which nobody destroys while they live", async () => {
    const request = newRequest();
    const { attemptId } = claim();
    await work(({ idempotencyKeys }) => idempotencyKeys.note(request, { attemptId, leaseMs: 1 }));
    const other = work(({ idempotencyKeys }) => idempotencyKeys.answer(request.id, attemptId, { kid: newId() }));
    await expect(other).rejects.toThrow();
    await get().queryPastGuards("update data_keys set status = 'retired', retired_at = now() - interval '9 days'");
    expect(await get().database.asSystem(({ keys }) => keys.destroyRetired(1, 100))).toBe(0);
    await get().queryPastGuards("delete from idempotency_keys");
    expect(await get().database.asSystem(({ keys }) => keys.destroyRetired(1, 100))).toBe(1);
  });

  it("are marked in the transaction that writes something, and by none that only reads", async () => {
    const told: string[] = [];
    const watch = { tenantId: tenant.tenantId, isOpen: true, written: async () => void told.push("written") };
    const { database } = get();
    const read = () => database.asTenant(tenant.tenantId, ({ users }) => users.findById(tenant.userId));
    const write = () =>
      database.asTenant(tenant.tenantId, ({ users }) => users.update(tenant.userId, { name: randomUUID() }));
    await watchWrites(watch, read);
    expect(told).toEqual([]);
    await watchWrites(watch, write);
    expect(told).toEqual(["written"]);
    await watchWrites({ ...watch, isOpen: false }, write);
    await watchWrites({ ...watch, tenantId: newId() }, write);
    await write();
    expect(told).toEqual(["written"]);
    const failing = { ...watch, written: () => Promise.reject(new Error("lost")) };
    const before = await read();
    await expect(watchWrites(failing, write)).rejects.toThrow("lost");
    expect(await read()).toEqual(before);
  });

  it("of the platform are taken, ended and pruned by the same rules, by functions of the system", async () => {
    const system = <T>(run: Parameters<ReturnType<typeof get>["database"]["asSystem"]>[0]) =>
      get().database.asSystem(run) as Promise<T>;
    const newPlatformRequest = (keyHash = sha256(randomUUID()), keptForMs = 60_000) => {
      const { userId: _, ...request } = newRequest(keyHash);
      return { ...request, dataKey: { id: dataKeyId }, keptForMs };
    };
    const request = newPlatformRequest();
    const [mine, theirs] = [claim(-1), claim()];
    const sealed = { kid: dataKeyId };
    await system(async ({ idempotency }) => {
      expect(await idempotency.note(request, mine)).toMatchObject({ id: request.id, isHeld: false, begunAt: null });
      // The second one finds the first.
      expect(await idempotency.note(newPlatformRequest(request.keyHash), claim())).toMatchObject({ id: request.id });
      expect(await idempotency.take(request.id, theirs)).toBe(true);
      expect(await idempotency.take(request.id, claim())).toBe(false);
      // Whoever was overtaken can do nothing any more.
      expect(await idempotency.begin(request.id, mine.attemptId)).toBe(false);
      expect(await idempotency.renew(request.id, mine)).toBe(false);
      expect(await idempotency.answer(request.id, mine.attemptId, sealed)).toBe(false);
      await idempotency.forget(request.id, mine.attemptId);
      await idempotency.letGo(request.id, mine.attemptId, true);
      expect(await idempotency.begin(request.id, theirs.attemptId)).toBe(true);
      expect(await idempotency.renew(request.id, { ...theirs, leaseMs: -1 })).toBe(true);
      // It has begun: nobody does it again, and its late answer is kept, once.
      expect(await idempotency.take(request.id, claim())).toBe(false);
      expect(await idempotency.answer(request.id, theirs.attemptId, sealed)).toBe(true);
      expect(await idempotency.answer(request.id, theirs.attemptId, sealed)).toBe(false);
      expect(await idempotency.note(newPlatformRequest(request.keyHash), claim())).toMatchObject({ answer: sealed });
    });
    const [reopened, old, held] = [newPlatformRequest(), newPlatformRequest(), newPlatformRequest()];
    await system(async ({ idempotency }) => {
      await idempotency.note(reopened, mine);
      await idempotency.begin(reopened.id, mine.attemptId);
      await idempotency.letGo(reopened.id, mine.attemptId, false);
      expect(await idempotency.take(reopened.id, claim())).toBe(false);
      await idempotency.letGo(reopened.id, mine.attemptId, true);
      expect(await idempotency.take(reopened.id, claim())).toBe(true);
      await idempotency.note({ ...old, keptForMs: -1 }, claim(-1));
      await idempotency.note({ ...held, keptForMs: -1 }, claim());
      const next = newPlatformRequest(old.keyHash, -1);
      expect(await idempotency.note(next, claim(-1))).toMatchObject({ id: next.id });
      expect(await idempotency.note(newPlatformRequest(held.keyHash), claim())).toMatchObject({ id: held.id });
    });
    await system(({ idempotency }) => idempotency.prune(100));
    const left = await get().queryPastGuards(
      "select id::text as id from platform_idempotency_keys order by created_at",
    );
    expect(left.map(({ id }) => id)).toEqual([request.id, reopened.id, held.id]);
  });
});
