import { randomUUID } from "node:crypto";
import { type Database, newId } from "../../src/database/index.js";
import type {
  Identity,
  NewChangeRequest,
  NewWebhookEndpoint,
  Role,
  TenantRepositories,
} from "../../src/repositories/index.js";
import { connectorData, createTestTenant, identityProviderData, sha256, type TestTenant } from "./test-data.js";

/** A tenant that has something of everything: ids of its rows, each of another table. */
export interface FullTenant extends TestTenant {
  readonly connectorId: string;
  readonly connectorCode: string;
  /** Deleted, and can be restored. */
  readonly deletedConnectorId: string;
  /** Deleted, and being purged. */
  readonly purgedConnectorId: string;
  /** Of whoever is at the purge. */
  readonly purgeAttemptId: string;
  /** A refresh of the connector's tokens that is under way. */
  readonly tokenAttemptId: string;
  readonly dataKeyId: string;
  readonly oauthSessionId: string;
  readonly identityProviderId: string;
  /** Of its user, at that provider. */
  readonly identity: Identity;
  readonly endpointId: string;
  readonly inboundEventId: string;
  readonly runId: string;
  /** Of whoever is at the run. */
  readonly runAttemptId: string;
  /** A request with a key; whoever was at it has let its lease end. */
  readonly idempotencyKeyId: string;
  readonly idempotencyAttemptId: string;
  readonly keyHash: string;
  /** A change of the connector that waits for approval, with a comment. */
  readonly changeRequestId: string;
  /** One that was applied in an emergency. */
  readonly emergencyId: string;
  /** One that was rejected, and still holds something. */
  readonly rejectedChangeId: string;
  /** Switched off, and told of connectors while it was not. */
  readonly webhookId: string;
  /** Dead. */
  readonly deliveryId: string;
  readonly scheduleId: string;
  /** A full read of {@link syncedEntity} that is under way. */
  readonly syncRunId: string;
  readonly syncAttemptId: string;
  /** When its connector was last looked at. */
  readonly checkedAt: Date;
}

/** A change of a connector that waits for approval. */
export function newChange(connectorId: string, requestedBy: string): NewChangeRequest {
  return {
    id: newId(),
    kind: "connector.update",
    targetType: "connector",
    targetId: connectorId,
    targetVersion: 1,
    targetName: `Connector ${connectorId}`,
    connectorType: "salesforce",
    payload: { sealed: `change by ${requestedBy}` },
    payloadDigest: "x",
    diff: [],
    requestedBy,
    lifetimeMs: leaseMs,
  };
}

/** A webhook that is told of connectors. */
export function webhookData(of: string): Omit<NewWebhookEndpoint, "secrets" | "createdBy"> {
  return {
    ...{ id: newId(), url: `https://hooks.example.com/${of}`, description: `Webhook of ${of}`, isActive: true },
    ...{ eventTypes: ["connector.*"], connectorIds: [], entities: [] },
  };
}

// Longer than any suite takes, on however busy a machine.
const leaseMs = 3_600_000;
/** The account of every connector of {@link fillTenant}, so that what is delivered to one could concern the others. */
export const sharedAccountId = "account-of-both";

/** What no incremental run of a tenant of {@link fillTenant} has read. */
export const unreadEntity = "Other";

/** What every tenant of {@link fillTenant} reads. */
export const syncedEntity = "Thing";

/** Makes a tenant with at least one row in each table. A test holds that: a new table gets its row here. */
export async function fillTenant(database: Database, roles: readonly Role[] = ["admin"]): Promise<FullTenant> {
  const tenant = await createTestTenant(database, roles);
  const { tenantId, userId } = tenant;
  const connector = await connectorData().create(database, tenant);
  const deleted = await connectorData().create(database, tenant);
  const purged = await connectorData().create(database, tenant);
  const purgeAttemptId = newId();
  const place = { tenantId, connectorId: connector.id };
  const work = <Result>(run: (repositories: TenantRepositories) => Promise<Result>) => database.asTenant(tenantId, run);

  const claim = (purpose: "authorize" | "refresh", version: number) =>
    database.asSystem(async ({ tokens }) => {
      const claimed = await tokens.claim(place, { purpose, version, leaseMs, attemptId: newId() });
      if (claimed.outcome !== "begun") throw new Error(claimed.outcome);
      return claimed.attemptId;
    });
  const landed = { tokens: { sealed: `tokens of ${tenantId}` }, reconnectBefore: new Date("2999-01-01") };
  const first = await claim("authorize", 0);
  await database.asSystem(({ tokens }) => tokens.land(place, first, { ...landed, isRenewal: false }));

  await sealOneEvent(database, tenantId);
  const endpointId = newId();
  const [runId, runAttemptId] = [newId(), newId()];
  const filled = await work(async (repositories) => {
    const { connectors, dataKeys, oauthSessions, auditEvents, outboxEvents, inboundEndpoints } = repositories;
    for (const { id } of [deleted, purged]) {
      await connectors.softDelete(id, 1);
      await repositories.connectorDeletions.note(id, 60_000);
    }
    await repositories.connectorDeletions.begin(purged.id, purgeAttemptId, leaseMs);
    await connectors.recordConnection(connector.id, { status: "connected", accountId: sharedAccountId });
    const key = await dataKeys.createActive({ wrapped: { of: tenantId }, keyEncryptionKeyId: "test" });
    // One that ended long ago, and so is swept.
    const session = await oauthSessions.create({
      connectorId: connector.id,
      requestedBy: userId,
      startTokenHash: sha256(randomUUID()),
      stateHash: sha256(randomUUID()),
      payload: { sealed: `session of ${tenantId}` },
      connectorVersion: 1,
      lifetimeSeconds: -3 * 86_400,
    });
    await auditEvents.append({ actorUserId: userId, action: "test", targetType: "test", outcome: "success" });
    const webhook = webhookData(tenantId);
    await repositories.webhookEndpoints.create({ ...webhook, secrets: { of: tenantId }, createdBy: userId });
    await outboxEvents.append({ type: "connector.reconnected", connectorId: connector.id, payload: { of: tenantId } });
    await repositories.webhookEndpoints.update(webhook.id, 1, { ...webhook, isActive: false });
    const identity = { issuer: "https://identity.example.com", subject: `subject of ${tenantId}` };
    const provider = await repositories.identityProviders.create({
      ...identityProviderData(),
      name: `Provider of ${tenantId}`,
      issuer: identity.issuer,
    });
    await repositories.users.update(userId, { identity });
    await inboundEndpoints.create({
      id: endpointId,
      connectorType: connector.connectorType,
      name: `Endpoint of ${tenantId}`,
      environment: "sandbox",
      secrets: { sealed: { of: tenantId }, count: 1 },
      createdBy: userId,
    });
    const [event] = await repositories.inboundEvents.store(
      { id: newId(), endpointId, body: { of: tenantId }, requestId: "test" },
      [{ eventId: "e-1", accountId: sharedAccountId, entity: `Of ${tenantId}`, recordId: "1", type: "created" }],
      { connectorType: connector.connectorType, environment: "sandbox" },
    );
    if (event === undefined) throw new Error("The event was not stored.");
    await repositories.operationRuns.begin(
      { id: runId, connectorId: connector.id, connectorVersion: 1, operation: "bulk.query", createdBy: userId },
      { attemptId: runAttemptId, leaseMs },
    );
    const write = { record: { Name: `Written by ${tenantId}` }, deleted: false };
    const written = { recordId: `r of ${tenantId}`, error: null };
    await repositories.recordWrites.add(runId, [
      { ...written, write, outcome: null },
      { ...written, write: null, outcome: "kept" },
    ]);
    const request = { id: newId(), keyHash: sha256(randomUUID()), attemptId: newId() };
    const fingerprint = `hmac-sha256/${key.id}/of-${tenantId}`;
    await repositories.idempotencyKeys.note(
      { ...request, userId, fingerprint, requestId: `request of ${tenantId}`, keptForMs: 86_400_000 },
      { attemptId: request.attemptId, leaseMs: -1 },
    );
    // By somebody else: nobody confirms their own.
    const requester = { email: `${newId()}@example.com`, name: "Requester", roles: ["editor"] } as const;
    const { id: requestedBy } = await repositories.users.create(requester);
    const { changeRequests } = repositories;
    const changeRequestId = (await changeRequests.create(newChange(connector.id, requestedBy))).id;
    const emergency = { reason: `Of ${tenantId}`, appliedVersion: 2 };
    const emergencyId = (await changeRequests.create({ ...newChange(connector.id, requestedBy), emergency })).id;
    const rejectedChangeId = (await changeRequests.create(newChange(connector.id, requestedBy))).id;
    await changeRequests.decide(rejectedChangeId, { from: "pending", status: "rejected", keepsPayload: true });
    await repositories.changeComments.add({ changeRequestId, createdBy: userId, text: `Of ${tenantId}` });
    return {
      ...tenant,
      changeRequestId,
      emergencyId,
      rejectedChangeId,
      connectorId: connector.id,
      connectorCode: connector.connectorCode,
      deletedConnectorId: deleted.id,
      purgedConnectorId: purged.id,
      purgeAttemptId,
      dataKeyId: key.id,
      oauthSessionId: session.id,
      identityProviderId: provider.id,
      identity,
      endpointId,
      inboundEventId: event.id,
      runId,
      runAttemptId,
      idempotencyKeyId: request.id,
      idempotencyAttemptId: request.attemptId,
      keyHash: request.keyHash,
      webhookId: webhook.id,
    };
  });
  await database.asSystem(({ webhooks }) => webhooks.expire(-leaseMs, 1_000));
  const deliveryId = await work(async ({ webhookDeliveries }) => {
    const [dead] = (await webhookDeliveries.list({ endpointId: filled.webhookId }, { limit: 1 })).rows;
    if (dead?.status !== "dead") throw new Error("The delivery is not dead.");
    return dead.id;
  });
  return {
    ...filled,
    deliveryId,
    ...(await fillSyncs(database, filled)),
    checkedAt: await lookAt(database, filled),
    tokenAttemptId: await claim("refresh", 1),
  };
}

/** Counts a call of its connector, and looks at how that is. */
async function lookAt(
  database: Database,
  { tenantId, connectorId }: { readonly tenantId: string; readonly connectorId: string },
): Promise<Date> {
  const failureCode = `Of ${tenantId}`;
  const claimed = await database.asSystem(async ({ health }) => {
    await health.add([{ tenantId, connectorId, succeeded: 1, failed: 1, failureCode, limits: {} }]);
    return health.claim(1_000, leaseMs, leaseMs);
  });
  const looked = claimed.find((each) => each.connectorId === connectorId);
  if (looked === undefined) throw new Error("The connector was not looked at.");
  return looked.checkedAt;
}

async function fillSyncs(
  database: Database,
  { tenantId, userId, connectorId }: TestTenant & { readonly connectorId: string },
): Promise<Pick<FullTenant, "scheduleId" | "syncRunId" | "syncAttemptId">> {
  const [scheduleId, syncRunId] = [newId(), newId()];
  const what = { connectorId, entity: syncedEntity, mode: "full" } as const;
  await database.asTenant(tenantId, async ({ syncSchedules, syncRuns }) => {
    const times = { cron: "0 3 * * *", timeZone: "UTC", jitterSeconds: 0, pausedAt: null, backfillFrom: null };
    const due = { tickAt: new Date("2999-01-01"), dueAt: new Date("2999-01-01"), createdBy: userId };
    await syncSchedules.create({ id: scheduleId, ...what, ...times, ...due, overlap: "skip", catchUp: "once" });
    await syncRuns.create({ id: syncRunId, ...what, scheduleId, backfillFrom: null, isLong: true });
  });
  const claimed = await database.asSystem(({ syncs }) => syncs.claimRuns(10, leaseMs));
  const syncAttemptId = claimed.find(({ runId }) => runId === syncRunId)?.attemptId;
  if (syncAttemptId === undefined) throw new Error("The run was not claimed.");
  const target = { ...what, runId: syncRunId, attemptId: syncAttemptId, leaseMs };
  const data = JSON.stringify({ name: `Record of ${tenantId}` });
  const record = { externalId: "r-1", data, modifiedAt: null };
  const batch = { records: [record], cursor: { v: 1, after: `Cursor of ${tenantId}` }, failed: 0 };
  await database.asTenant(tenantId, async ({ recordBatches, syncRunLines }) => {
    const account = { accountId: sharedAccountId };
    await recordBatches.storeBatch({ ...target, ...account, mode: "incremental", keepsCursor: false }, batch);
    for (const entity of [syncedEntity, unreadEntity])
      await recordBatches.storeBatch({ ...target, ...account, entity, keepsCursor: true }, batch);
    await syncRunLines.append(syncRunId, { event: "begun", detail: `Of ${tenantId}` });
  });
  return { scheduleId, syncRunId, syncAttemptId };
}

/** The tenant's making is sealed; what was done since waits for that. */
async function sealOneEvent(database: Database, tenantId: string): Promise<void> {
  const { rows } = await database.asTenant(tenantId, ({ auditEvents }) => auditEvents.list({}, { limit: 1 }));
  const link = { seq: 1, previousHash: sha256("none"), hash: sha256(`chain of ${tenantId}`) };
  const facts = {
    keyId: newId(),
    publicKey: `Key of ${tenantId}`,
    signature: "none",
    signedAt: "2026-01-01T00:00:00Z",
  };
  const seals = {
    tenantId,
    fromSeq: 0,
    items: rows.map(({ id }) => ({ id, ...link })),
    head: { tenantId, seq: 1, hash: link.hash, ...facts },
    leaseMs: 0,
  };
  await database.asSystem(({ audits }) => audits.land(seals));
}
