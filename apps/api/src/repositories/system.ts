import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { AuditChainReads } from "./audit-chain.js";
import { type Page, type PageRequest, type SystemQuery, toPage } from "./client.js";
import { createPlatformChainRepository } from "./platform-chain.js";
import { createSystemAuditRepository, type SystemAuditRepository } from "./system-audits.js";
import { createSystemBudgetRepository, type SystemBudgetRepository } from "./system-budgets.js";
import { createSystemChangeRepository, type SystemChangeRepository } from "./system-changes.js";
import { createSystemEventRepository, type PlatformRequest, type SystemEventRepository } from "./system-events.js";
import { createSystemHealthRepository, type SystemHealthRepository } from "./system-health.js";
import { createSystemIdempotencyRepository, type SystemIdempotencyRepository } from "./system-idempotency.js";
import { createSystemInboundRepository, type SystemInboundRepository } from "./system-inbound.js";
import { createSystemKeyRepository, type SystemKeyRepository } from "./system-keys.js";
import { createSystemPurgeRepository, type SystemPurgeRepository } from "./system-purges.js";
import { createSystemRunRepository, type SystemRunRepository } from "./system-runs.js";
import { createSystemSignInRepository, type SystemSignInRepository } from "./system-sign-in.js";
import { createSystemSinkRepository, type SystemSinkRepository } from "./system-sinks.js";
import { createSystemSyncRepository, type SystemSyncRepository } from "./system-syncs.js";
import { createSystemTenantRepository, type SystemTenantRepository } from "./system-tenants.js";
import { createSystemTokenRepository, type SystemTokenRepository } from "./system-tokens.js";
import { createSystemWebhookRepository, type SystemWebhookRepository } from "./system-webhooks.js";
import type { TenantRow } from "./tenants.js";
import { isRole, type Role } from "./users.js";
import { type NoteWork, noteNothing } from "./work-kinds.js";

/** Who a working API key speaks for. */
export interface ApiKeyIdentity {
  readonly apiKeyId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly userName: string;
  readonly roles: readonly Role[];
}

/** A key that is known and does not work. */
export interface RefusedApiKey {
  readonly apiKeyId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly reason: "revoked" | "expired" | "user_disabled";
}

/** A tenant with its first user and that user's first key. Ids are made by the caller. */
export interface NewTenant {
  readonly id: string;
  readonly name: string;
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly roles: readonly Role[];
  };
  readonly apiKey: {
    readonly id: string;
    readonly name: string;
    readonly prefix: string;
    /** SHA-256 of the whole key, lower-case hexadecimal. */
    readonly hash: string;
    readonly expiresAt?: Date;
  };
  /** The request that asked for it, for the audit; `undefined` where there was none. */
  readonly request?: PlatformRequest;
}

/** The answer to a single-use step of an authorisation. */
export interface OauthClaim<Outcome extends string> {
  readonly outcome: Outcome;
  readonly sessionId: string;
  readonly tenantId: string;
  readonly connectorId: string;
}

/**
 * What may be done without a tenant. Each method is one SQL function of `prisma/migrations`; the role behind it has no
 * rights on tables.
 */
export interface SystemRepository {
  /** The key with this hash, if it works now: not expired, not revoked, its user not disabled. */
  findApiKey(hash: string): Promise<ApiKeyIdentity | undefined>;
  /** The key with this hash, if it is known and does not work now. */
  findRefusedApiKey(hash: string): Promise<RefusedApiKey | undefined>;
  /** Notes that a key was used; writes at most once a minute. */
  touchApiKey(apiKeyId: string): Promise<void>;
  /**
   * Opens a start link, once, and binds the session to the browser's cookie.
   *
   * @returns `undefined` when no session has this token.
   */
  claimOauthStart(
    startTokenHash: string,
    cookieHash: string,
  ): Promise<OauthClaim<"claimed" | "used" | "expired"> | undefined>;
  /**
   * Consumes an OAuth state, once. `cookie_mismatch` consumes nothing.
   *
   * @returns `undefined` when no session has this state.
   */
  claimOauthState(
    stateHash: string,
    cookieHash: string,
  ): Promise<OauthClaim<"claimed" | "used" | "expired" | "cookie_mismatch"> | undefined>;
  /**
   * Makes a tenant, its first user and key, and the event `tenant.created` in its audit and the platform's: all or nothing.
   *
   * @throws {UniqueViolationError} When an id or the key's hash is taken.
   */
  createTenant(tenant: NewTenant): Promise<void>;
  listTenants(page: PageRequest): Promise<Page<TenantRow>>;
  /** Token sets of all tenants: what is due, and where new ones land. */
  readonly tokens: SystemTokenRepository;
  /** The keys of all tenants, and rotations of them. */
  readonly keys: SystemKeyRepository;
  /** Tenants from outside of them. */
  readonly tenants: SystemTenantRepository;
  /** What vendors deliver. */
  readonly inbound: SystemInboundRepository;
  /** Runs of bulk operations. */
  readonly runs: SystemRunRepository;
  /** Deleted connectors that are to go for good. */
  readonly purges: SystemPurgeRepository;
  /** Requests with the platform key that are done once. */
  readonly idempotency: SystemIdempotencyRepository;
  /** Changes that need approval. */
  readonly changes: SystemChangeRepository;
  /** Schedules and runs of syncs. */
  readonly syncs: SystemSyncRepository;
  /** How connectors are. */
  readonly health: SystemHealthRepository;
  /** What may be sent to vendors. */
  readonly budgets: SystemBudgetRepository;
  /** Who proves people to be who they say. */
  readonly signIn: SystemSignInRepository;
  /** Webhooks, and what they are told. */
  readonly webhooks: SystemWebhookRepository;
  /** Events for the operator's sinks. */
  readonly sinks: SystemSinkRepository;
  /** The platform's audit. */
  readonly events: SystemEventRepository;
  /** The chains of all audits. */
  readonly audits: SystemAuditRepository;
  /** The chain of the platform's audit. */
  readonly platformChain: AuditChainReads;
}

/** Whether the transaction of `query` has written anything yet. */
export async function hasSystemWritten(query: SystemQuery): Promise<boolean> {
  const [row] = await query<{ wrote: boolean }>(
    Prisma.sql`select pg_current_xact_id_if_assigned() is not null as wrote`,
  );
  return row?.wrote === true;
}

/** The system's functions. */
export function createSystemRepository(query: SystemQuery, noteWork: NoteWork = noteNothing): SystemRepository {
  return {
    tokens: createSystemTokenRepository(query),
    keys: createSystemKeyRepository(query),
    inbound: createSystemInboundRepository(query),
    tenants: createSystemTenantRepository(query),
    runs: createSystemRunRepository(query),
    purges: createSystemPurgeRepository(query),
    idempotency: createSystemIdempotencyRepository(query),
    changes: createSystemChangeRepository(query),
    syncs: createSystemSyncRepository(query, noteWork),
    health: createSystemHealthRepository(query),
    budgets: createSystemBudgetRepository(query),
    signIn: createSystemSignInRepository(query),
    webhooks: createSystemWebhookRepository(query),
    sinks: createSystemSinkRepository(query, noteWork),
    events: createSystemEventRepository(query),
    audits: createSystemAuditRepository(query),
    platformChain: createPlatformChainRepository(query),
    async findApiKey(hash) {
      const [row] = await query<Omit<ApiKeyIdentity, "roles"> & { roles: string[] }>(Prisma.sql`
        select api_key_id::text as "apiKeyId", tenant_id::text as "tenantId", user_id::text as "userId",
          user_name as "userName", roles
        from isthmus_find_api_key(${hash})`);
      return row === undefined ? undefined : { ...row, roles: row.roles.filter(isRole) };
    },
    async findRefusedApiKey(hash) {
      const [row] = await query<RefusedApiKey>(Prisma.sql`
        select api_key_id::text as "apiKeyId", tenant_id::text as "tenantId", user_id::text as "userId", reason
        from isthmus_find_refused_api_key(${hash})`);
      return row;
    },
    async touchApiKey(apiKeyId) {
      await query(Prisma.sql`select 1 from isthmus_touch_api_key(${apiKeyId}::uuid)`);
    },
    async claimOauthStart(startTokenHash, cookieHash) {
      const [row] = await query<OauthClaim<"claimed" | "used" | "expired">>(Prisma.sql`
        select outcome, session_id::text as "sessionId", tenant_id::text as "tenantId",
          connector_id::text as "connectorId"
        from isthmus_claim_oauth_start(${startTokenHash}, ${cookieHash})`);
      return row;
    },
    async claimOauthState(stateHash, cookieHash) {
      const [row] = await query<OauthClaim<"claimed" | "used" | "expired" | "cookie_mismatch">>(Prisma.sql`
        select outcome, session_id::text as "sessionId", tenant_id::text as "tenantId",
          connector_id::text as "connectorId"
        from isthmus_claim_oauth_state(${stateHash}, ${cookieHash})`);
      return row;
    },
    async createTenant({ id, name, user, apiKey, request }) {
      await query(Prisma.sql`
        select 1 from isthmus_create_tenant(
          ${id}::uuid, ${name}, ${user.id}::uuid, ${user.email.toLowerCase()}, ${user.name}, ${[...user.roles]}::text[],
          ${apiKey.id}::uuid, ${apiKey.name}, ${apiKey.prefix}, ${apiKey.hash}, ${apiKey.expiresAt ?? null}::timestamptz,
          ${newId()}::uuid, ${request?.ip ?? null}, ${request?.id ?? null}
        )`);
    },
    async listTenants({ limit, after }) {
      const rows = await query<TenantRow>(Prisma.sql`
        select id::text as id, name, created_at as "createdAt", updated_at as "updatedAt"
        from isthmus_list_tenants(${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows, limit);
    },
  };
}
