import { beforeAll, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { createDatabase } from "../../src/database/open-database.js";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { createTenantRepositories, createTenantScope, type TenantRepositories } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import {
  type FullTenant,
  fillTenant,
  newChange,
  sharedAccountId,
  syncedEntity,
  unreadEntity,
  webhookData,
} from "../support/full-tenant.js";
import { dumpTenant, findMarks, listTenantTables, type TenantDump } from "../support/tenant-dump.js";
import { connectorData, identityProviderData, sha256 } from "../support/test-data.js";

type Repositories = Omit<TenantRepositories, "tenantId">;
type Calls = { readonly [Name in keyof Repositories]: CallsOf<Repositories[Name]> };
type CallsOf<Repository> = {
  readonly [Method in keyof Repository]: (
    theirs: FullTenant,
  ) => Repository[Method] extends (...values: infer Values) => unknown ? Values : never;
};

const page = { limit: 100 };
const claim = () => ({ attemptId: newId(), leaseMs: 1_000 });

const stolenRecord = { externalId: "r-1", data: '{"name":"stolen"}', modifiedAt: null };
const batchOf = ({ connectorId, syncRunId: runId, syncAttemptId: attemptId }: FullTenant) => {
  return { connectorId, entity: syncedEntity, runId, attemptId };
};

/** Every method of every repository, asked for what is another tenant's. A new one does not compile until it stands here. */
const calls: Calls = {
  tenant: { find: () => [] },
  users: {
    create: () => [{ email: `${newId()}@example.com`, name: "x", roles: ["viewer"] }],
    findById: ({ userId }) => [userId],
    findByIdentity: ({ identity }) => [identity],
    noteIdentityRoles: ({ identity }) => [identity, ["admin"]],
    list: () => [page],
    lockAdministrators: () => [],
    update: ({ userId }) => [userId, { name: "stolen" }],
  },
  apiKeys: {
    create: ({ userId }) => [{ userId, name: "x", prefix: "x", hash: sha256(newId()) }],
    findById: ({ apiKeyId }) => [apiKeyId],
    findForChange: ({ apiKeyId }) => [apiKeyId],
    list: ({ userId }) => [page, { userId }],
    revoke: ({ apiKeyId }) => [apiKeyId],
    endInFavourOf: ({ apiKeyId }) => [apiKeyId, apiKeyId],
    revokeAll: () => [],
  },
  connectors: {
    create: ({ userId }) => [{ ...connectorData().build(), createdBy: userId }],
    findById: ({ connectorId }) => [connectorId],
    findByCode: ({ connectorCode }) => [connectorCode],
    list: () => [{}, page],
    active: () => [page],
    byType: () => ["salesforce", page],
    update: ({ connectorId }) => [connectorId, 1, { connectorName: "stolen" }],
    listWithTokens: () => [page],
    deactivateAll: () => [],
    activate: ({ connectorId }) => [connectorId, 1],
    deactivate: ({ connectorId }) => [connectorId, 1],
    findDeleted: ({ deletedConnectorId }) => [deletedConnectorId],
    softDelete: ({ connectorId }) => [connectorId, 1],
    undelete: ({ deletedConnectorId }) => [deletedConnectorId, undefined, undefined],
    remove: ({ purgedConnectorId }) => [purgedConnectorId],
    recordConnection: ({ connectorId }) => [connectorId, { accountName: "stolen" }],
    recordSync: ({ connectorId }) => [connectorId],
  },
  connectorDeletions: {
    note: ({ connectorId }) => [connectorId, 1_000],
    findPurgeTimes: ({ deletedConnectorId }) => [[deletedConnectorId]],
    takeBack: ({ deletedConnectorId }) => [deletedConnectorId, false],
    begin: ({ deletedConnectorId }) => [deletedConnectorId, newId(), 1_000],
    hold: ({ purgedConnectorId, purgeAttemptId }) => [purgedConnectorId, purgeAttemptId],
    putOff: ({ purgedConnectorId, purgeAttemptId }) => [purgedConnectorId, purgeAttemptId, "X", 1_000],
  },
  connectorTokens: {
    abandon: ({ connectorId, tokenAttemptId }) => [connectorId, tokenAttemptId, { outcome: "grant_gone", code: "X" }],
    amend: ({ connectorId }) => [connectorId, 1, { tokens: { sealed: "stolen" } }],
    findReconnectBefore: ({ connectorId }) => [[connectorId]],
    replace: ({ connectorId }) => [connectorId, { tokens: { sealed: "stolen" } }],
    clear: ({ connectorId }) => [connectorId],
  },
  dataKeys: {
    findActive: () => [],
    findById: ({ dataKeyId }) => [dataKeyId],
    createActive: ({ dataKeyId }) => [{ id: dataKeyId, wrapped: {}, keyEncryptionKeyId: "test" }],
  },
  oauthSessions: {
    create: ({ connectorId, userId }) => [
      {
        connectorId,
        requestedBy: userId,
        startTokenHash: sha256(newId()),
        stateHash: sha256(newId()),
        payload: {},
        connectorVersion: 1,
        lifetimeSeconds: 60,
      },
    ],
    findById: ({ oauthSessionId }) => [oauthSessionId],
    deleteExpired: () => [],
  },
  auditEvents: {
    append: () => [{ action: "test", targetType: "test", outcome: "success" }],
    list: ({ userId }) => [{ actorUserId: userId }, page],
  },
  auditChain: {
    head: () => [],
    listUnsealed: () => [100],
    describeUnsealed: () => [],
    lastSealed: () => [],
    list: () => [0, 100, 100],
    listWithin: () => [{}, 0, 100],
  },
  outboxEvents: {
    append: ({ connectorId }) => [{ type: "connector.reconnected", connectorId, payload: {} }],
    appendAll: ({ connectorId }) => [[{ type: "connector.reconnected", connectorId, payload: {} }]],
  },
  webhookEndpoints: {
    create: ({ userId }) => [{ ...webhookData("x"), secrets: {}, createdBy: userId }],
    findById: ({ webhookId }) => [webhookId],
    list: () => [page],
    countOpen: ({ webhookId }) => [[webhookId]],
    update: ({ webhookId }) => [webhookId, 2, { ...webhookData("x"), description: "stolen" }],
    changeSecrets: ({ webhookId, tenantId }) => [webhookId, { of: tenantId }, { of: "stolen" }, 60],
    remove: ({ webhookId }) => [webhookId, 2],
    noteGone: ({ webhookId }) => [webhookId, new Date()],
  },
  webhookDeliveries: {
    findById: ({ deliveryId }) => [deliveryId],
    list: ({ webhookId }) => [{ endpointId: webhookId }, page],
    replay: ({ deliveryId }) => [deliveryId],
    replayAll: ({ webhookId }) => [webhookId, 10],
  },
  identityProviders: {
    create: () => [{ ...identityProviderData(), issuer: `https://${newId()}.example.com` }],
    findById: ({ identityProviderId }) => [identityProviderId],
    findByIssuer: ({ identity }) => [identity.issuer],
    list: () => [page],
    update: ({ identityProviderId }) => [identityProviderId, 1, { ...identityProviderData(), name: "stolen" }],
    remove: ({ identityProviderId }) => [identityProviderId, 1],
    disableAll: () => [],
  },
  inboundEndpoints: {
    create: ({ userId }) => [
      { id: newId(), connectorType: "salesforce", name: "x", environment: "sandbox", createdBy: userId },
    ],
    findById: ({ endpointId }) => [endpointId],
    list: () => [{}, page],
    update: ({ endpointId }) => [endpointId, 1, { name: "stolen" }],
    remove: ({ endpointId }) => [endpointId, 1],
    deactivateAll: () => [],
  },
  inboundEvents: {
    store: ({ endpointId }) => [
      { id: newId(), endpointId, body: {}, requestId: "test" },
      [{ eventId: newId(), accountId: sharedAccountId, entity: "x", recordId: null, type: "x" }],
      { connectorType: "salesforce", environment: "sandbox" },
    ],
    listOfConnector: ({ connectorId }) => [connectorId, page],
  },
  operationRuns: {
    begin: ({ connectorId, userId }) => [
      { id: newId(), connectorId, connectorVersion: 1, operation: "x", createdBy: userId },
      claim(),
    ],
    queue: ({ connectorId, userId }) => [
      { id: newId(), connectorId, connectorVersion: 1, operation: "x", createdBy: userId },
      { sealed: "stolen" },
      { processed: 0, failed: 0, total: 1 },
    ],
    findById: ({ runId }) => [runId],
    list: ({ connectorId }) => [{ connectorId }, page],
    listUnfinished: ({ connectorId }) => [page, connectorId],
    renew: ({ runId, runAttemptId }) => [runId, { attemptId: runAttemptId, leaseMs: 1_000 }, { sealed: "stolen" }],
    land: ({ runId, runAttemptId }) => [runId, runAttemptId, { kind: "ended", status: "failed" }],
    cancel: ({ runId }) => [runId, claim(), true],
  },
  idempotencyKeys: {
    note: ({ userId, dataKeyId }) => [
      {
        id: newId(),
        userId,
        keyHash: sha256(newId()),
        fingerprint: `hmac-sha256/${dataKeyId}/x`,
        requestId: "test",
        keptForMs: 1_000,
      },
      claim(),
    ],
    find: ({ userId, keyHash }) => [userId, keyHash],
    take: ({ idempotencyKeyId }) => [idempotencyKeyId, claim()],
    renew: ({ idempotencyKeyId: id, idempotencyAttemptId }) => [id, { ...claim(), attemptId: idempotencyAttemptId }],
    begin: ({ idempotencyKeyId, idempotencyAttemptId }) => [idempotencyKeyId, idempotencyAttemptId],
    answer: ({ idempotencyKeyId: id, idempotencyAttemptId, dataKeyId: kid }) => [id, idempotencyAttemptId, { kid }],
    letGo: ({ idempotencyKeyId, idempotencyAttemptId }) => [idempotencyKeyId, idempotencyAttemptId, false],
    forget: ({ idempotencyKeyId, idempotencyAttemptId }) => [idempotencyKeyId, idempotencyAttemptId],
  },
  changeRequests: {
    create: ({ connectorId, userId }) => [newChange(connectorId, userId)],
    findById: ({ changeRequestId }) => [changeRequestId],
    list: ({ connectorId }) => [{ targetId: connectorId }, page],
    findEmergency: ({ connectorId }) => ["connector", connectorId],
    listWithPayload: () => [page],
    decide: ({ changeRequestId, userId }) => [
      changeRequestId,
      { from: "pending", status: "rejected", decidedBy: userId },
    ],
    confirm: ({ emergencyId, userId }) => [emergencyId, 1, userId],
    touch: ({ changeRequestId }) => [changeRequestId],
    forgetPayload: ({ rejectedChangeId }) => [rejectedChangeId],
  },
  changeComments: {
    add: ({ changeRequestId, userId }) => [{ changeRequestId, createdBy: userId, text: "stolen" }],
    list: ({ changeRequestId }) => [changeRequestId],
  },
  syncSchedules: {
    create: ({ connectorId, userId }) => [
      {
        id: newId(),
        connectorId,
        entity: syncedEntity,
        mode: "full",
        cron: "0 3 * * *",
        timeZone: "UTC",
        overlap: "skip",
        catchUp: "once",
        jitterSeconds: 0,
        backfillFrom: null,
        pausedAt: null,
        tickAt: null,
        dueAt: null,
        createdBy: userId,
      },
    ],
    findById: ({ scheduleId }) => [scheduleId],
    list: ({ connectorId }) => [{ connectorId }, page],
    readTime: () => [],
    findActive: ({ connectorId }) => [connectorId],
    lockConnector: ({ connectorId }) => [connectorId],
    update: ({ scheduleId }) => [scheduleId, 1, { cron: "0 4 * * *" }],
    remove: ({ scheduleId }) => [scheduleId, 1],
  },
  syncRuns: {
    create: ({ connectorId, scheduleId }) => [
      { id: newId(), connectorId, entity: syncedEntity, mode: "full", scheduleId, backfillFrom: null, isLong: true },
    ],
    findById: ({ syncRunId }) => [syncRunId],
    list: ({ connectorId }) => [{ connectorId }, page],
    renew: ({ syncRunId, syncAttemptId }) => [syncRunId, syncAttemptId, 1_000],
    expect: ({ syncRunId, syncAttemptId }) => [syncRunId, syncAttemptId, 5],
    land: ({ syncRunId, syncAttemptId }) => [syncRunId, syncAttemptId, { kind: "ended", status: "succeeded" }],
    cancel: ({ syncRunId }) => [syncRunId],
  },
  connectorHealth: {
    find: ({ connectorId }) => [connectorId],
    land: ({ connectorId, checkedAt }) => [
      connectorId,
      checkedAt,
      { state: "failing", seenState: null, seenTimes: 0, reasons: [], isChanged: true },
    ],
  },
  eventReads: {
    request: ({ connectorId }) => [[{ connectorId, entity: syncedEntity }], 1_000],
    markRead: ({ connectorId, tenantId }) => [{ connectorId, entity: `Of ${tenantId}` }, new Date("2999-01-01")],
  },
  syncRunLines: {
    append: ({ syncRunId }) => [syncRunId, { event: "ended", detail: "stolen" }],
    list: ({ syncRunId }) => [syncRunId, page],
  },
  records: {
    list: ({ connectorId }) => [{ connectorId, entity: syncedEntity, withDeleted: true }, 10],
    findByIds: ({ connectorId }) => [{ connectorId, entity: syncedEntity }, ["r-1"]],
  },
  recordWrites: {
    add: ({ runId }) => [runId, [{ write: { record: {} }, outcome: null, recordId: "stolen", error: null }]],
    take: ({ runId }) => [runId, 10],
    store: ({ runId }) => [
      runId,
      [{ position: 0, outcome: "failed", reached: false, tries: 0, recordId: "stolen", error: null }],
    ],
    end: ({ runId }) => [runId],
    count: ({ runId }) => [runId],
    list: ({ runId }) => [runId, {}, 10],
  },
  recordBatches: {
    storeBatch: (theirs) => [
      { ...batchOf(theirs), leaseMs: 1_000, mode: "full", keepsCursor: true, accountId: sharedAccountId },
      { records: [stolenRecord], cursor: { v: 1 }, failed: 0 },
    ],
    findState: ({ connectorId }) => [connectorId, syncedEntity],
    openState: ({ connectorId }) => [connectorId, syncedEntity],
    clearState: ({ connectorId }) => [connectorId, syncedEntity],
    forgetSeen: (theirs) => [batchOf(theirs).runId, 10],
    adoptCursor: (theirs) => [{ ...batchOf(theirs), entity: unreadEntity }],
    sweep: (theirs) => [{ ...batchOf(theirs), entity: "NeverRead" }, "0", 10],
  },
};

type Answer = { readonly result: unknown } | { readonly error: unknown };

describeOnDatabases("every repository call with another tenant's ids", (get) => {
  let mine: FullTenant;
  let theirs: FullTenant;
  let before: TenantDump;
  let marks: ReadonlySet<string>;

  const dump = () => dumpTenant(get().queryPastGuards, theirs.tenantId);

  beforeAll(async () => {
    // With a sink, so that events wait for one as well.
    const database = createDatabase(get().connection, ["@acme/sink"]);
    mine = await fillTenant(database);
    theirs = await fillTenant(database);
    before = await dump();
    marks = findMarks(before, await dumpTenant(get().queryPastGuards, mine.tenantId));
  });

  /** A unit of work of mine; `scope` is the tenant that the repositories name in their conditions. */
  function inUnit<Result>(
    scope: FullTenant,
    run: (repositories: TenantRepositories, look: () => Promise<TenantDump>) => Promise<Result>,
  ): Promise<Result> {
    const who = { role: "isthmus_app", tenantId: mine.tenantId } as const;
    return runUnitOfWork(get().connection.prisma, who, (client) =>
      run(createTenantRepositories(createTenantScope(client, scope.tenantId)), async () => {
        await client.$executeRaw`reset role`;
        return dumpTenant((sql, ...values) => client.$queryRawUnsafe(sql, ...values), theirs.tenantId);
      }),
    );
  }

  /** @returns what was said about their rows, and whether one of them has changed, in each of the calls that told something. */
  async function findLeaks(scope: FullTenant): Promise<string[]> {
    const leaks: string[] = [];
    for (const [name, methods] of Object.entries(calls)) {
      for (const method of Object.keys(methods)) {
        const answer = await answerOf(inUnit(scope, (repositories) => call(repositories, name, method)));
        if (tells(answer)) leaks.push(`${name}.${method} tells: ${print(answer)}`);
      }
      expect(await dump(), name).toEqual(before);
    }
    return leaks;
  }

  async function call(repositories: TenantRepositories, name: string, method: string): Promise<unknown> {
    const run: (...values: unknown[]) => Promise<unknown> = Reflect.get(Reflect.get(repositories, name), method);
    const values: (of: FullTenant) => unknown[] = Reflect.get(Reflect.get(calls, name), method);
    return run(...values(theirs));
  }

  function tells(answer: Answer): boolean {
    const text = print(answer);
    return [...marks].some((mark) => text.includes(mark));
  }

  async function withoutRowLevelSecurity(run: () => Promise<void>): Promise<void> {
    const tables = [...(await listTenantTables(get().queryPastGuards)).keys()];
    const all = async (action: "disable" | "enable") => {
      for (const table of tables) await get().queryPastGuards(`alter table ${table} ${action} row level security`);
    };
    await all("disable");
    try {
      await run();
    } finally {
      await all("enable");
    }
  }

  it("has something of theirs to find in every table", () => {
    expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);
    expect(marks.size).toBeGreaterThan(20);
  });

  it("is made of every call that there is", async () => {
    await inUnit(mine, async ({ tenantId: _, ...repositories }) => {
      const names = (of: object) => Object.entries(of).map(([name, methods]) => [name, Object.keys(methods).sort()]);
      expect(names(calls).sort()).toEqual(names(repositories).sort());
    });
  });

  it("tells nothing of theirs and changes nothing", async () => {
    expect(await findLeaks(mine)).toEqual([]);
  });

  it("does so by row-level security alone, where every condition names the wrong tenant", async () => {
    expect(await findLeaks(theirs)).toEqual([]);
  });

  it("does so by the conditions alone, without row-level security", async () => {
    await withoutRowLevelSecurity(async () => expect(await findLeaks(mine)).toEqual([]));
  });

  /** What is not about anybody's rows. */
  const ofNobody = new Set(["syncSchedules.readTime"]);

  it("would not without both (control): each call then tells or changes something", async () => {
    const silent: string[] = [];
    // What is looked at inside of a unit is what is seen from outside where nothing was done.
    await withoutRowLevelSecurity(() => inUnit(theirs, async (_, look) => expect(await look()).toEqual(before)));
    await withoutRowLevelSecurity(async () => {
      for (const [name, methods] of Object.entries(calls)) {
        for (const method of Object.keys(methods)) {
          let isLeak = false;
          await inUnit(theirs, async (repositories, look) => {
            const answer = await answerOf(call(repositories, name, method));
            if ("error" in answer) throw answer.error;
            isLeak = tells(answer) || print(await look()) !== print(before);
            throw undone;
          }).catch((error: unknown) => {
            if (error !== undone) silent.push(`${name}.${method} failed: ${String(error)}`);
          });
          if (!isLeak && !ofNobody.has(`${name}.${method}`)) silent.push(`${name}.${method}`);
        }
      }
    });
    expect(silent).toEqual([]);
    expect(await dump()).toEqual(before);
  });
});

const undone = new Error("Nothing of this is to be stored.");

async function answerOf(running: Promise<unknown>): Promise<Answer> {
  try {
    return { result: await running };
  } catch (error) {
    return { error };
  }
}

function print(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Map) return [...inner];
    return inner instanceof Error ? { ...inner, text: String(inner), cause: inner.cause } : inner;
  });
}
