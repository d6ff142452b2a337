import { randomUUID } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, sha256, type TestTenant } from "../support/test-data.js";

describeOnDatabases("OAuth sessions", (get) => {
  let tenant: TestTenant;
  let connectorId: string;

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
    connectorId = (await connectorData().create(get().database, tenant)).id;
  });

  async function createSession(lifetimeSeconds = 600) {
    const [startToken, state, cookie] = [randomUUID(), randomUUID(), randomUUID()].map(sha256) as [
      string,
      string,
      string,
    ];
    const session = await get().database.asTenant(tenant.tenantId, (work) =>
      work.oauthSessions.create({
        connectorId,
        requestedBy: tenant.userId,
        startTokenHash: startToken,
        stateHash: state,
        payload: { sealed: "verifier" },
        returnTo: "/done",
        connectorVersion: 1,
        lifetimeSeconds,
      }),
    );
    const start = () => get().database.asSystem((system) => system.claimOauthStart(startToken, cookie));
    const finish = (cookieHash = cookie) =>
      get().database.asSystem((system) => system.claimOauthState(state, cookieHash));
    return { session, start, finish };
  }

  it("lead from the link to the callback, knowing neither tenant nor user before", async () => {
    const { session, start, finish } = await createSession();
    const names = { sessionId: session.id, tenantId: tenant.tenantId, connectorId };
    expect(await start()).toEqual({ outcome: "claimed", ...names });
    expect(await finish()).toEqual({ outcome: "claimed", ...names });
    const stored = await get().database.asTenant(tenant.tenantId, (work) => work.oauthSessions.findById(session.id));
    expect(stored).toMatchObject({ payload: { sealed: "verifier" }, returnTo: "/done", startedAt: expect.any(Date) });
    expect(stored?.usedAt).toBeInstanceOf(Date);
  });

  it("let one of many who open the link at once, and one of many callbacks at once, succeed", async () => {
    const { start, finish } = await createSession();
    const starts = await Promise.all(Array.from({ length: 12 }, start));
    expect(starts.map((claim) => claim?.outcome).sort()).toEqual(["claimed", ...Array(11).fill("used")]);
    const ends = await Promise.all(Array.from({ length: 12 }, () => finish()));
    expect(ends.map((claim) => claim?.outcome).sort()).toEqual(["claimed", ...Array(11).fill("used")]);
  });

  it("refuse a state without the cookie of its start, and are not used up by it", async () => {
    const { start, finish } = await createSession();
    expect(await finish()).toMatchObject({ outcome: "cookie_mismatch" });
    await start();
    expect(await finish(sha256("stranger"))).toMatchObject({ outcome: "cookie_mismatch" });
    expect(await finish()).toMatchObject({ outcome: "claimed" });
  });

  it("expire by the database clock, before the link is opened and before the callback", async () => {
    const late = await createSession(0);
    expect(await late.start()).toMatchObject({ outcome: "expired" });
    const { session, start, finish } = await createSession();
    await start();
    const age = "update oauth_sessions set expires_at = now() - interval '2 days' where id = $1::uuid returning 1";
    await get().queryPastGuards(age, session.id);
    expect(await finish()).toMatchObject({ outcome: "expired" });
    const removed = await get().database.asTenant(tenant.tenantId, (work) => work.oauthSessions.deleteExpired());
    expect(removed).toBe(1);
  });

  it("do not know a token or state that was never made", async () => {
    const { asSystem } = get().database;
    expect(await asSystem((system) => system.claimOauthStart(sha256("x"), sha256("y")))).toBeUndefined();
    expect(await asSystem((system) => system.claimOauthState(sha256("x"), sha256("y")))).toBeUndefined();
  });
});
