import { newId } from "../database/ids.js";
import { type ChangeRequestStatus, Prisma } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, toPage } from "./client.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

export type { ChangeRequestStatus };

/** One field that a change touches, for the person who decides. */
export interface ChangeDiffEntry {
  /** Names of fields, joined by dots: `configuration.apiVersion`. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** Missing of a secret, and of what was not there. */
  readonly before?: unknown;
  /** Missing of a secret, and of what will not be there. */
  readonly after?: unknown;
}

/** A change of which a second person decides. Fields are described in `prisma/schema.prisma`. */
export interface ChangeRequestRow {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: string;
  readonly targetType: string;
  readonly targetId: string;
  /** `null` = a creation. */
  readonly targetVersion: number | null;
  readonly targetName: string;
  readonly connectorType: string;
  /** Sealed by the vault; `null` once there is nothing left to do with it. */
  readonly payload: JsonObject | null;
  readonly payloadDigest: string;
  /** Without secrets. */
  readonly diff: readonly ChangeDiffEntry[];
  readonly status: ChangeRequestStatus;
  /** Counts decisions and comments. */
  readonly version: number;
  readonly emergencyReason: string | null;
  readonly appliedVersion: number | null;
  readonly requestedBy: string;
  readonly confirmedBy: string | null;
  readonly decidedBy: string | null;
  readonly decisionReason: string | null;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly decidedAt: Date | null;
}

/** What a new request is made of. */
export interface NewChangeRequest {
  /** Made by the caller: the sealed payload is bound to it. */
  readonly id: string;
  readonly kind: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly targetVersion: number | null;
  readonly targetName: string;
  readonly connectorType: string;
  readonly payload: object;
  readonly payloadDigest: string;
  readonly diff: readonly ChangeDiffEntry[];
  /** A user of the same tenant. */
  readonly requestedBy: string;
  /** Until it expires, or, of an emergency, until it is rolled back. */
  readonly lifetimeMs: number;
  /** Given = it is applied in this unit of work and waits for confirmation. */
  readonly emergency?: { readonly reason: string; readonly appliedVersion: number };
}

/** A request that is decided: which one, as what, and by whom. */
export interface ChangeDecision {
  /** Where it has to stand until now. */
  readonly from: Extract<ChangeRequestStatus, "pending" | "emergency">;
  /** Only when it is still at this version; default: at any. */
  readonly version?: number;
  /** Only before it expires, or only then; default: at any time. By the database clock. */
  readonly when?: "in_time" | "overdue";
  readonly status: Exclude<ChangeRequestStatus, "pending" | "emergency">;
  /** Default: nobody; the service itself. */
  readonly decidedBy?: string;
  readonly reason?: string;
  readonly appliedVersion?: number;
  /** Whether the payload stays, because a worker still has something to give back that is in it. Default false. */
  readonly keepsPayload?: boolean;
}

/** Which requests a list shows. */
export interface ChangeRequestFilter {
  readonly status?: ChangeRequestStatus;
  readonly targetId?: string;
}

/** The change requests of one tenant. Times go by the database clock. */
export interface ChangeRequestRepository {
  create(request: NewChangeRequest): Promise<ChangeRequestRow>;
  findById(id: string): Promise<ChangeRequestRow | undefined>;
  /** Newest first. */
  list(filter: ChangeRequestFilter, page: PageRequest): Promise<Page<ChangeRequestRow>>;
  /** The emergency of a target that is neither confirmed nor rolled back. */
  findEmergency(targetType: string, targetId: string): Promise<ChangeRequestRow | undefined>;
  /** Those with a payload, decided or not. */
  listWithPayload(page: PageRequest): Promise<Page<ChangeRequestRow>>;
  /**
   * Decides, once: of rivals one gets the row, and whatever else happens in its unit of work happens with it.
   *
   * @returns `undefined`, and nothing is changed, when it does not stand as the decision says.
   */
  decide(id: string, decision: ChangeDecision): Promise<ChangeRequestRow | undefined>;
  /** Notes the first of the two approvers of an emergency. @returns as {@link ChangeRequestRepository.decide}. */
  confirm(id: string, version: number, userId: string): Promise<ChangeRequestRow | undefined>;
  /** Counts the version up, because something was said. @returns `undefined` when there is none. */
  touch(id: string): Promise<ChangeRequestRow | undefined>;
  /** Destroys the payload of a request that is decided, and lets no worker look at it any more. */
  forgetPayload(id: string): Promise<void>;
}

const columns = Prisma.sql`
  r.id::text as "id", r.tenant_id::text as "tenantId", r.kind as "kind", r.target_type as "targetType",
  r.target_id::text as "targetId", r.target_version as "targetVersion", r.target_name as "targetName",
  r.connector_type as "connectorType", r.payload as "payload", r.payload_digest as "payloadDigest", r.diff as "diff",
  r.status::text as "status", r.version as "version", r.emergency_reason as "emergencyReason",
  r.applied_version as "appliedVersion", r.requested_by::text as "requestedBy", r.confirmed_by::text as "confirmedBy",
  r.decided_by::text as "decidedBy", r.decision_reason as "decisionReason", r.expires_at as "expiresAt",
  r.created_at as "createdAt", r.updated_at as "updatedAt", r.decided_at as "decidedAt"`;

/** By then whoever has decided has also given back what there was to give back, or is gone. */
const disposalMs = 60_000;

/** The change requests of the tenant of `scope`. */
export function createChangeRequestRepository({ client, tenantId }: TenantScope): ChangeRequestRepository {
  const query = (statement: ScopedSql) => client.$queryRaw<ChangeRequestRow[]>(statement);
  const ofTenant = scopedSql`r.tenant_id = ${tenantId}::uuid`;
  const ofId = (id: string) => scopedSql`${ofTenant} and r.id = ${id}::uuid`;

  return {
    async create({ payload, diff, lifetimeMs, emergency, ...request }) {
      const [row] = await query(scopedSql`
        insert into change_requests as r (id, tenant_id, kind, target_type, target_id, target_version, target_name,
          connector_type, payload, payload_digest, diff, requested_by, status, emergency_reason, applied_version,
          expires_at, next_look_at)
        values (${request.id}::uuid, ${tenantId}::uuid, ${request.kind}, ${request.targetType}, ${request.targetId}::uuid,
          ${request.targetVersion}::integer, ${request.targetName}, ${request.connectorType},
          ${JSON.stringify(payload)}::jsonb, ${request.payloadDigest}, ${JSON.stringify(diff)}::jsonb,
          ${request.requestedBy}::uuid, ${emergency === undefined ? "pending" : "emergency"}::change_request_status,
          ${emergency?.reason ?? null}, ${emergency?.appliedVersion ?? null}::integer,
          ${after(lifetimeMs)}, ${after(lifetimeMs)})
        returning ${columns}`);
      if (row === undefined) throw new TypeError("An insert gave no row.");
      return row;
    },

    async findById(id) {
      const [row] = await query(scopedSql`select ${columns} from change_requests r where ${ofId(id)}`);
      return row;
    },

    async list({ status, targetId }, { limit, after: last }) {
      const rows = await query(scopedSql`
        select ${columns} from change_requests r
        where ${ofTenant}
          and (${status ?? null}::text is null or r.status::text = ${status ?? null}::text)
          and (${targetId ?? null}::uuid is null or r.target_id = ${targetId ?? null}::uuid)
          and (${last ?? null}::uuid is null or r.id < ${last ?? null}::uuid)
        order by r.id desc limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },

    async findEmergency(targetType, targetId) {
      const [row] = await query(scopedSql`
        select ${columns} from change_requests r
        where ${ofTenant} and r.target_type = ${targetType} and r.target_id = ${targetId}::uuid
          and r.status = 'emergency'`);
      return row;
    },

    async listWithPayload({ limit, after: last }) {
      const rows = await query(scopedSql`
        select ${columns} from change_requests r
        where ${ofTenant} and r.payload is not null and (${last ?? null}::uuid is null or r.id > ${last ?? null}::uuid)
        order by r.id limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },

    async decide(id, { from, version, when, status, decidedBy, reason, appliedVersion, keepsPayload = false }) {
      const [row] = await query(scopedSql`
        update change_requests r set status = ${status}::change_request_status, version = r.version + 1,
          decided_by = ${decidedBy ?? null}::uuid, decision_reason = ${reason ?? null},
          applied_version = coalesce(${appliedVersion ?? null}::integer, r.applied_version),
          payload = case when ${keepsPayload}::boolean then r.payload end,
          next_look_at = case when ${keepsPayload}::boolean then ${after(disposalMs)} end,
          decided_at = clock_timestamp(), updated_at = clock_timestamp()
        where ${ofId(id)} and r.status = ${from}::change_request_status
          and (${version ?? null}::integer is null or r.version = ${version ?? null}::integer)
          and (${when ?? null}::text is null or (r.expires_at > clock_timestamp()) = ${when === "in_time"}::boolean)
        returning ${columns}`);
      return row;
    },

    async confirm(id, version, userId) {
      const [row] = await query(scopedSql`
        update change_requests r set confirmed_by = ${userId}::uuid, version = r.version + 1, updated_at = clock_timestamp()
        where ${ofId(id)} and r.status = 'emergency' and r.confirmed_by is null and r.version = ${version}::integer
          and r.expires_at > clock_timestamp()
        returning ${columns}`);
      return row;
    },

    async touch(id) {
      const [row] = await query(scopedSql`
        update change_requests r set version = r.version + 1, updated_at = clock_timestamp()
        where ${ofId(id)} returning ${columns}`);
      return row;
    },

    async forgetPayload(id) {
      await client.$executeRaw`
        update change_requests r set payload = null, next_look_at = null
        where ${ofId(id)} and r.status not in ('pending', 'emergency')`;
    },
  };
}

/** What somebody said about a change. */
export interface ChangeCommentRow {
  readonly id: string;
  readonly changeRequestId: string;
  readonly createdBy: string;
  readonly text: string;
  readonly createdAt: Date;
}

/** What people of one tenant said about changes. */
export interface ChangeCommentRepository {
  add(comment: Pick<ChangeCommentRow, "changeRequestId" | "createdBy" | "text">): Promise<ChangeCommentRow>;
  /** Oldest first. */
  list(changeRequestId: string): Promise<readonly ChangeCommentRow[]>;
}

/** The comments of the tenant of `scope`. */
export function createChangeCommentRepository({ client, tenantId }: TenantScope): ChangeCommentRepository {
  const table = client.changeRequestComment;
  return {
    add: (comment) => table.create({ data: { ...comment, id: newId(), tenantId } }),
    list: (changeRequestId) => table.findMany({ where: { tenantId, changeRequestId }, orderBy: { id: "asc" } }),
  };
}

function after(ms: number): Prisma.Sql {
  return Prisma.sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
