import { type ApiKeyRepository, createApiKeyRepository } from "./api-keys.js";
import { type AuditChainRepository, createAuditChainRepository } from "./audit-chain.js";
import { type AuditEventRepository, createAuditEventRepository } from "./audit-events.js";
import {
  type ChangeCommentRepository,
  type ChangeRequestRepository,
  createChangeCommentRepository,
  createChangeRequestRepository,
} from "./change-requests.js";
import { type ConnectorDeletionRepository, createConnectorDeletionRepository } from "./connector-deletions.js";
import { type ConnectorHealthRepository, createConnectorHealthRepository } from "./connector-health.js";
import { type ConnectorTokenRepository, createConnectorTokenRepository } from "./connector-tokens.js";
import { type ConnectorRepository, createConnectorRepository } from "./connectors.js";
import { createDataKeyRepository, type DataKeyRepository } from "./data-keys.js";
import { createEventReadRepository, type EventReadRepository } from "./event-reads.js";
import { createIdempotencyKeyRepository, type IdempotencyKeyRepository } from "./idempotency-keys.js";
import { createIdentityProviderRepository, type IdentityProviderRepository } from "./identity-providers.js";
import { createInboundEndpointRepository, type InboundEndpointRepository } from "./inbound-endpoints.js";
import { createInboundEventRepository, type InboundEventRepository } from "./inbound-events.js";
import { createOauthSessionRepository, type OauthSessionRepository } from "./oauth-sessions.js";
import { createOperationRunRepository, type OperationRunRepository } from "./operation-runs.js";
import { createOutboxEventRepository, type OutboxEventRepository } from "./outbox-events.js";
import { createRecordBatchRepository, type RecordBatchRepository } from "./record-batches.js";
import { createRecordWriteRepository, type RecordWriteRepository } from "./record-writes.js";
import { createRecordRepository, type RecordRepository } from "./records.js";
import type { TenantScope } from "./scope.js";
import { createSyncRunLineRepository, type SyncRunLineRepository } from "./sync-run-lines.js";
import { createSyncRunRepository, type SyncRunRepository } from "./sync-runs.js";
import { createSyncScheduleRepository, type SyncScheduleRepository } from "./sync-schedules.js";
import { createTenantRepository, type TenantRepository } from "./tenants.js";
import { createUserRepository, type UserRepository } from "./users.js";
import { createWebhookDeliveryRepository, type WebhookDeliveryRepository } from "./webhook-deliveries.js";
import { createWebhookEndpointRepository, type WebhookEndpointRepository } from "./webhook-endpoints.js";

export type { ApiKeyRepository, ApiKeyRow, NewApiKey } from "./api-keys.js";
export type { AuditChainReads, AuditChainRepository, SealedEventRow, UnsealedEvents } from "./audit-chain.js";
export type {
  AuditEventFilter,
  AuditEventRepository,
  AuditEventRow,
  AuditOutcome,
  NewAuditEvent,
} from "./audit-events.js";
export type {
  ChangeCommentRepository,
  ChangeCommentRow,
  ChangeDecision,
  ChangeDiffEntry,
  ChangeRequestFilter,
  ChangeRequestRepository,
  ChangeRequestRow,
  ChangeRequestStatus,
  NewChangeRequest,
} from "./change-requests.js";
export type { JsonObject, JsonValue, Page, PageRequest } from "./client.js";
export type { ConnectorDeletionRepository, HeldPurge, RestoreOutcome } from "./connector-deletions.js";
export type {
  ConnectorHealthRepository,
  ConnectorHealthRow,
  HealthFacts,
  HealthLanding,
  HealthLimits,
  HealthReason,
  HealthState,
} from "./connector-health.js";
export type { ConnectorTokenRepository } from "./connector-tokens.js";
export type {
  AuthenticationMethod,
  ConnectionFacts,
  ConnectorChanges,
  ConnectorEnvironment,
  ConnectorFilter,
  ConnectorRepository,
  ConnectorRow,
  ConnectorStatus,
  NewConnector,
} from "./connectors.js";
export type { DataKeyRepository, DataKeyRow, DataKeyStatus, NewDataKey } from "./data-keys.js";
export type { EntityOfConnector, EventReadRepository } from "./event-reads.js";
export type {
  HeldKeyRepository,
  IdempotencyClaim,
  IdempotencyKeyRepository,
  IdempotencyKeyRow,
  NewIdempotencyKey,
} from "./idempotency-keys.js";
export type {
  IdentityProviderRepository,
  IdentityProviderRow,
  IdentityProviderSettings,
  NewIdentityProvider,
  RoleMapping,
} from "./identity-providers.js";
export type {
  InboundEndpointChanges,
  InboundEndpointRepository,
  InboundEndpointRow,
  NewInboundEndpoint,
  SealedSecrets,
} from "./inbound-endpoints.js";
export type {
  EventReader,
  InboundEventRepository,
  InboundEventRow,
  NewInboundDelivery,
  NewInboundEvent,
  StoredInboundEvent,
} from "./inbound-events.js";
export type {
  KeyRotationPhase,
  KeyRotationRow,
  KeyUsage,
  RotatedItem,
  RotationBatch,
  RotationTrouble,
  StaleValue,
  WrappedDataKey,
} from "./key-rotations.js";
export type { NewOauthSession, OauthSessionRepository, OauthSessionRow } from "./oauth-sessions.js";
export type {
  NewOperationRun,
  NotedCancel,
  OperationRunFilter,
  OperationRunRepository,
  OperationRunRow,
  OperationRunStatus,
  RunClaim,
  RunCounts,
  RunLanding,
  RunTrouble,
} from "./operation-runs.js";
export type { NewOutboxEvent, OutboxEventRepository } from "./outbox-events.js";
export {
  createRecordBatchLane,
  type RecordBatchLane,
  type TenantLane,
} from "./record-batch-lane.js";
export type { BatchTarget, ReadBatch, ReadRecord } from "./record-batch-statement.js";
export type { BatchCounts, EntityState, RecordBatchRepository } from "./record-batches.js";
export type { SweepTarget } from "./record-sweep.js";
export type {
  NewRecordWrite,
  OutcomeCount,
  RecordWriteFilter,
  RecordWriteRepository,
  RecordWriteRow,
  StoredOutcome,
  TakenWrite,
  TriedWrite,
} from "./record-writes.js";
export type { RecordFilter, RecordRepository, RecordRow } from "./records.js";
export { createTenantScope, type TenantScope } from "./scope.js";
export type { NewSyncRunLine, SyncRunLineRepository, SyncRunLineRow } from "./sync-run-lines.js";
export type {
  NewSyncRun,
  SyncRunFilter,
  SyncRunLanding,
  SyncRunRepository,
  SyncRunRow,
  SyncRunStatus,
} from "./sync-runs.js";
export type {
  NewSyncSchedule,
  SyncCatchUp,
  SyncMode,
  SyncOverlap,
  SyncScheduleChanges,
  SyncScheduleRepository,
  SyncScheduleRow,
} from "./sync-schedules.js";
export {
  type ApiKeyIdentity,
  createSystemRepository,
  hasSystemWritten,
  type NewTenant,
  type OauthClaim,
  type RefusedApiKey,
  type SystemRepository,
} from "./system.js";
export type { AuditSeal, AuditSeals, SystemAuditRepository } from "./system-audits.js";
export type { BudgetAnswer, BudgetQuestion, BudgetReason, SystemBudgetRepository } from "./system-budgets.js";
export type { DueChange, SystemChangeRepository } from "./system-changes.js";
export { type PlatformRequest, platformId, type SystemEventRepository } from "./system-events.js";
export type { ClaimedHealth, ConnectorTally, SystemHealthRepository } from "./system-health.js";
export type { PlatformIdempotencyKeyRow, SystemIdempotencyRepository } from "./system-idempotency.js";
export type { InboundRoute, SystemInboundRepository } from "./system-inbound.js";
export type { SystemKeyRepository } from "./system-keys.js";
export type { ClaimedPurge, SystemPurgeRepository } from "./system-purges.js";
export type { ClaimedRun, SystemRunRepository } from "./system-runs.js";
export type { SystemSignInRepository } from "./system-sign-in.js";
export type {
  ClaimedForSink,
  DeadLetterRow,
  ReplayedLetters,
  SinkLanding,
  SystemSinkRepository,
  WaitingEvents,
} from "./system-sinks.js";
export type { ClaimedSyncRun, DueSchedule, FiredSchedule, SyncRoom, SystemSyncRepository } from "./system-syncs.js";
export type { DeletedTenant, SystemTenantRepository } from "./system-tenants.js";
export type { DueTokens, Landing, SystemTokenRepository, TokenPlace } from "./system-tokens.js";
export type {
  ClaimedDelivery,
  DeliveryLanding,
  DeliveryLimits,
  EndedDelivery,
  SystemWebhookRepository,
} from "./system-webhooks.js";
export { createTenantReads, type TenantQuery, type TenantReads } from "./tenant-reads.js";
export type { TenantRepository, TenantRow } from "./tenants.js";
export type {
  AbandonEffect,
  AbandonedAttempt,
  ClaimRequest,
  ClaimResult,
  LandedTokens,
  SealedTokenRecord,
  TokenStatus,
} from "./token-records.js";
export {
  type Identity,
  isRole,
  type NewUser,
  type Role,
  roles,
  type UserChanges,
  type UserRepository,
  type UserRow,
} from "./users.js";
export type {
  WebhookDeliveryFilter,
  WebhookDeliveryRepository,
  WebhookDeliveryRow,
  WebhookDeliveryStatus,
} from "./webhook-deliveries.js";
export type {
  NewWebhookEndpoint,
  OpenDeliveries,
  WebhookEndpointRepository,
  WebhookEndpointRow,
  WebhookEndpointSettings,
} from "./webhook-endpoints.js";
export { type NoteWork, noteNothing, type WorkKind, workKinds } from "./work-kinds.js";

/** All that a tenant's unit of work can reach. Everything in it sees and makes rows of that tenant only. */
export interface TenantRepositories {
  readonly tenantId: string;
  readonly tenant: TenantRepository;
  readonly users: UserRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly connectors: ConnectorRepository;
  readonly connectorTokens: ConnectorTokenRepository;
  readonly connectorDeletions: ConnectorDeletionRepository;
  readonly dataKeys: DataKeyRepository;
  readonly oauthSessions: OauthSessionRepository;
  readonly auditEvents: AuditEventRepository;
  readonly auditChain: AuditChainRepository;
  readonly outboxEvents: OutboxEventRepository;
  readonly inboundEndpoints: InboundEndpointRepository;
  readonly inboundEvents: InboundEventRepository;
  readonly eventReads: EventReadRepository;
  readonly operationRuns: OperationRunRepository;
  readonly idempotencyKeys: IdempotencyKeyRepository;
  readonly changeRequests: ChangeRequestRepository;
  readonly changeComments: ChangeCommentRepository;
  readonly syncSchedules: SyncScheduleRepository;
  readonly connectorHealth: ConnectorHealthRepository;
  readonly syncRuns: SyncRunRepository;
  readonly syncRunLines: SyncRunLineRepository;
  readonly records: RecordRepository;
  readonly recordBatches: RecordBatchRepository;
  readonly recordWrites: RecordWriteRepository;
  readonly identityProviders: IdentityProviderRepository;
  readonly webhookEndpoints: WebhookEndpointRepository;
  readonly webhookDeliveries: WebhookDeliveryRepository;
}

/** The repositories over one transaction of one tenant. */
export function createTenantRepositories(scope: TenantScope): TenantRepositories {
  return {
    tenantId: scope.tenantId,
    tenant: createTenantRepository(scope),
    users: createUserRepository(scope),
    apiKeys: createApiKeyRepository(scope),
    connectors: createConnectorRepository(scope),
    connectorTokens: createConnectorTokenRepository(scope),
    connectorDeletions: createConnectorDeletionRepository(scope),
    dataKeys: createDataKeyRepository(scope),
    oauthSessions: createOauthSessionRepository(scope),
    auditEvents: createAuditEventRepository(scope),
    auditChain: createAuditChainRepository(scope),
    outboxEvents: createOutboxEventRepository(scope),
    inboundEndpoints: createInboundEndpointRepository(scope),
    inboundEvents: createInboundEventRepository(scope),
    eventReads: createEventReadRepository(scope),
    operationRuns: createOperationRunRepository(scope),
    idempotencyKeys: createIdempotencyKeyRepository(scope),
    changeRequests: createChangeRequestRepository(scope),
    changeComments: createChangeCommentRepository(scope),
    syncSchedules: createSyncScheduleRepository(scope),
    connectorHealth: createConnectorHealthRepository(scope),
    syncRuns: createSyncRunRepository(scope),
    syncRunLines: createSyncRunLineRepository(scope),
    records: createRecordRepository(scope),
    recordBatches: createRecordBatchRepository(scope),
    recordWrites: createRecordWriteRepository(scope),
    identityProviders: createIdentityProviderRepository(scope),
    webhookEndpoints: createWebhookEndpointRepository(scope),
    webhookDeliveries: createWebhookDeliveryRepository(scope),
  };
}
