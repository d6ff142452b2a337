import { beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import type { ConnectorTokenRepository, Landing } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

const leaseMs = 40_000;

describeOnDatabases("connector tokens", (get) => {
  let tenant: TestTenant;
  let connectorId: string;

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
  });
  beforeEach(async () => {
    connectorId = (await connectorData().create(get().database, tenant)).id;
  });

  /** One unit of work for each call, as the token store does it. */
  function inUnit<T>(work: (tokens: ConnectorTokenRepository) => Promise<T>): Promise<T> {
    return get().database.asTenant(tenant.tenantId, (repositories) => work(repositories.connectorTokens));
  }
  const place = () => ({ tenantId: tenant.tenantId, connectorId });
  const claim = (version: number, repeats?: string) => {
    const request = {
      purpose: "refresh",
      version,
      leaseMs,
      attemptId: newId(),
      ...(repeats !== undefined && { repeats }),
    } as const;
    return get().database.asSystem(({ tokens }) => tokens.claim(place(), request));
  };
  const authorize = () =>
    get().database.asSystem(({ tokens }) =>
      tokens.claim(place(), { purpose: "authorize", version: 0, leaseMs, attemptId: newId() }),
    );
  const land = async (attemptId: string, sealed = "first") => {
    const landed = { tokens: { sealed }, expiresAt: new Date(0), refreshAt: new Date(0), isRenewal: true };
    const version = await get().database.asSystem(({ tokens }) => tokens.land(place(), attemptId, landed));
    const record = await load();
    if (version !== undefined) expect(record.version).toBe(version);
    return { outcome: version === undefined ? "superseded" : "committed", record };
  };
  const load = () => get().database.asSystem(({ tokens }) => tokens.load(place()));

  /** Lets the lease of the current attempt run out, as time would. */
  async function endLease(): Promise<void> {
    const sql =
      "update connector_tokens set lease_until = now() - interval '1 second' where connector_id = $1::uuid returning 1";
    expect(await get().queryPastGuards(sql, connectorId)).toHaveLength(1);
  }

  async function connect(): Promise<void> {
    const begun = await authorize();
    if (begun.outcome !== "begun") throw new Error(`authorize answered ${begun.outcome}`);
    expect(await land(begun.attemptId)).toMatchObject({ outcome: "committed", record: { version: 1 } });
  }

  async function beginRefresh(version = 1, repeats?: string): Promise<string> {
    const begun = await claim(version, repeats);
    if (begun.outcome !== "begun") throw new Error(`claim answered ${begun.outcome}`);
    return begun.attemptId;
  }

  it("are empty at version 0 before anybody connected", async () => {
    expect(await load()).toEqual({ version: 0, tokens: undefined, status: "active", retryInMs: 0, failures: 0 });
  });

  const landPlain = (landings: readonly Landing[]) =>
    get().database.asSystem(({ tokens }) => tokens.landPlain(landings));
  const audited = (id: string) =>
    get().queryPastGuards("select details from audit_events where target_id = $1 and action = 'token.refreshed'", id);
  const landed = { tokens: { sealed: "second" }, refreshAt: new Date(0), isRenewal: true };

  it("land many at once as one by one, whatever was there of failures before", async () => {
    const rows: unknown[] = [];
    for (const isPlain of [false, true]) {
      connectorId = (await connectorData().create(get().database, tenant)).id;
      await connect();
      const failed = { outcome: "unknown", code: "X", retryInMs: 0 } as const;
      const lost = await beginRefresh();
      await inUnit((tokens) => tokens.abandon(connectorId, lost, failed));
      const landing = { ...place(), attemptId: await beginRefresh(1, lost) };
      const times = { expiresAt: new Date(86_400_000), refreshAt: new Date(0), reconnectBefore: new Date(8.64e12) };
      const tokens = { sealed: "second" };
      if (isPlain) {
        expect(await landPlain([{ ...landing, landed: { tokens, ...times, isRenewal: true } }])).toEqual(
          new Map([[landing.attemptId, 2]]),
        );
      } else
        await get().database.asSystem((s) =>
          s.tokens.land(landing, landing.attemptId, { tokens, ...times, isRenewal: true }),
        );
      const sql = `select to_jsonb(t) - '{connector_id,created_at,updated_at,refresh_at,landed_attempt_id}'::text[] as row,
        landed_attempt_id = $2::uuid as mine, refresh_at > now() + interval '20 seconds' as later,
        updated_at > now() - interval '1 minute' as now from connector_tokens t where connector_id = $1::uuid`;
      rows.push([await get().queryPastGuards(sql, connectorId, landing.attemptId), await audited(connectorId)]);
    }
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[1]).toMatchObject([
      [{ row: { version: 2, failure_count: 0 }, mine: true, later: true, now: true }],
      [{}, {}],
    ]);
  });

  it("land those of many that are plain, and leave the others as they are", async () => {
    await connect();
    const attemptId = await beginRefresh();
    const late = { ...place(), attemptId: newId(), landed };
    const foreign = { ...place(), tenantId: (await createTestTenant(get().database)).tenantId, attemptId, landed };
    const sealedAnew = { ...place(), attemptId, landed: { ...landed, tokens: { kid: newId() } } };
    expect(await landPlain([late, foreign, sealedAnew])).toEqual(new Map());
    expect(await landPlain([])).toEqual(new Map());
    expect(await load()).toMatchObject({ version: 1 });
    expect(await audited(connectorId)).toHaveLength(1);
    const plain = { ...place(), attemptId, landed };
    expect(await landPlain([late, plain, foreign])).toEqual(new Map([[attemptId, 2]]));
    expect(await landPlain([plain])).toEqual(new Map());
    expect(await load()).toMatchObject({ version: 2, tokens: { sealed: "second" } });
    expect(await audited(connectorId)).toHaveLength(2);
  });

  it("leave one that had been given up to a landing that tells the outside of it", async () => {
    await connect();
    const attemptId = await beginRefresh();
    await inUnit((tokens) => tokens.abandon(connectorId, attemptId, { outcome: "given_up", code: "OUTCOME_UNKNOWN" }));
    expect(await landPlain([{ ...place(), attemptId, landed }])).toEqual(new Map());
    expect(await load()).toMatchObject({ version: 1, status: "reconnect_required" });
    expect(await land(attemptId)).toMatchObject({ outcome: "committed" });
  });

  it("give one of many claimers at once the right to refresh, and hold the others", async () => {
    await connect();
    const results = await Promise.all(Array.from({ length: 25 }, () => claim(1)));
    const outcomes = results.map((result) => result.outcome);
    expect(outcomes.filter((outcome) => outcome === "begun")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "held")).toHaveLength(24);
    const held = results.find((result) => result.outcome === "held");
    expect(held).toMatchObject({ leaseMs: expect.any(Number) });
    if (held?.outcome === "held") expect(held.leaseMs).toBeGreaterThan(leaseMs - 10_000);
  });

  it("give one of many first authorisers at once the last word", async () => {
    const begun = await Promise.all(Array.from({ length: 10 }, authorize));
    const landed = await Promise.all(
      begun.map((result) => (result.outcome === "begun" ? land(result.attemptId, result.attemptId) : undefined)),
    );
    expect(landed.filter((result) => result?.outcome === "committed")).toHaveLength(1);
    expect((await load()).version).toBe(1);
  });

  it("hand a claimer with an old version the newer record", async () => {
    await connect();
    expect(await claim(0)).toMatchObject({
      outcome: "superseded",
      record: { version: 1, tokens: { sealed: "first" } },
    });
  });

  it("are ambiguous, not free, after a lease is over, and may then be claimed by naming the attempt", async () => {
    await connect();
    const lost = await beginRefresh();
    expect(await claim(1, lost)).toMatchObject({ outcome: "held" });
    await endLease();
    expect(await claim(1)).toMatchObject({ outcome: "ambiguous", attemptId: lost, repeated: false });
    const repeats = await Promise.all(Array.from({ length: 8 }, () => claim(1, lost)));
    const begun = repeats.filter((result) => result.outcome === "begun");
    expect(begun).toHaveLength(1);
    await endLease();
    expect(await claim(1)).toMatchObject({ outcome: "ambiguous", repeated: true });
  });

  it("land late, after the lease, as long as nobody has begun since", async () => {
    await connect();
    const late = await beginRefresh();
    await endLease();
    expect(await land(late, "second")).toMatchObject({ outcome: "committed", record: { version: 2 } });
  });

  it("do not land for an attempt that a later one superseded", async () => {
    await connect();
    const first = await beginRefresh();
    await endLease();
    const second = await beginRefresh(1, first);
    expect(await land(first, "stale")).toMatchObject({ outcome: "superseded", record: { version: 1 } });
    expect(await land(second, "fresh")).toMatchObject({
      outcome: "committed",
      record: { tokens: { sealed: "fresh" } },
    });
  });

  it("answer committed again when a landed commit is repeated, and store it once", async () => {
    await connect();
    const attempt = await beginRefresh();
    await land(attempt, "second");
    expect(await land(attempt, "second")).toMatchObject({ outcome: "committed", record: { version: 2 } });
  });

  it("are free again after an attempt that was not spent, with its failure counted and its retry time", async () => {
    await connect();
    const attempt = await beginRefresh();
    const abandoned = { outcome: "not_spent", code: "VENDOR_UNAVAILABLE", retryInMs: 60_000 } as const;
    await inUnit((tokens) => tokens.abandon(connectorId, attempt, abandoned));
    const record = await load();
    expect(record.failures).toBe(1);
    expect(record.retryInMs).toBeGreaterThan(50_000);
    // The column keeps milliseconds, and may round one up.
    expect(record.retryInMs).toBeLessThanOrEqual(60_001);
    const next = await beginRefresh();
    await land(next, "second");
    expect(await load()).toMatchObject({ failures: 0, retryInMs: 0 });
  });

  it("stay ambiguous after an unknown outcome, at once", async () => {
    await connect();
    const attempt = await beginRefresh();
    await inUnit((tokens) => tokens.abandon(connectorId, attempt, { outcome: "unknown", code: "TIMEOUT" }));
    expect(await claim(1)).toMatchObject({ outcome: "ambiguous", attemptId: attempt, record: { failures: 1 } });
    expect(await land(attempt, "late")).toMatchObject({ outcome: "committed" });
  });

  it("are as doubtful as before when a repeat did not happen", async () => {
    await connect();
    const first = await beginRefresh();
    await endLease();
    const repeat = await beginRefresh(1, first);
    await inUnit((tokens) => tokens.abandon(connectorId, repeat, { outcome: "not_spent", code: "CONNECTION_FAILED" }));
    expect(await claim(1)).toMatchObject({ outcome: "ambiguous", repeated: false });
  });

  it("need a person once the grant is gone, and serve again after the person came", async () => {
    await connect();
    const attempt = await beginRefresh();
    await inUnit((tokens) =>
      tokens.abandon(connectorId, attempt, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" }),
    );
    expect(await claim(1)).toMatchObject({ outcome: "reconnect_required", record: { status: "reconnect_required" } });
    const begun = await authorize();
    if (begun.outcome !== "begun") throw new Error("authorize is always begun");
    await land(begun.attemptId, "again");
    expect(await load()).toMatchObject({ version: 2, status: "active", failures: 0 });
  });

  it("ignore who abandons an attempt that is not the current one", async () => {
    await connect();
    const first = await beginRefresh();
    await endLease();
    await beginRefresh(1, first);
    await inUnit((tokens) => tokens.abandon(connectorId, first, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" }));
    expect(await load()).toMatchObject({ status: "active", failures: 0 });
  });

  it("are destroyed by clear, which supersedes an attempt under way and changes nothing the second time", async () => {
    await connect();
    const attempt = await beginRefresh();
    await inUnit((tokens) => tokens.clear(connectorId));
    await inUnit((tokens) => tokens.clear(connectorId));
    expect(await land(attempt, "too late")).toMatchObject({ outcome: "superseded" });
    expect(await load()).toMatchObject({ version: 2, tokens: undefined, status: "active" });
    const rows = await get().queryPastGuards(
      "select tokens, refresh_at from connector_tokens where connector_id = $1::uuid",
      connectorId,
    );
    expect(rows).toEqual([{ tokens: null, refresh_at: null }]);
  });
});
