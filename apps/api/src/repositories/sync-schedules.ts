import { NotFoundError } from "@isthmus/core";
import { StaleVersionError } from "../database/errors.js";
import type { SyncCatchUp, SyncMode, SyncOverlap } from "../generated/prisma/client.js";
import { type Page, type PageRequest, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

export type { SyncCatchUp, SyncMode, SyncOverlap };

/** A schedule as it is stored. Fields are described in `prisma/schema.prisma`. */
export interface SyncScheduleRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorId: string;
  readonly entity: string;
  readonly mode: SyncMode;
  readonly cron: string;
  readonly timeZone: string;
  readonly overlap: SyncOverlap;
  readonly catchUp: SyncCatchUp;
  readonly jitterSeconds: number;
  readonly backfillFrom: Date | null;
  readonly pausedAt: Date | null;
  readonly tickAt: Date | null;
  readonly dueAt: Date | null;
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A new schedule. */
export type NewSyncSchedule = Omit<SyncScheduleRow, "tenantId" | "version" | "createdAt" | "updatedAt">;

/** What a change of a schedule sets; what is missing stays. */
export type SyncScheduleChanges = Partial<
  Pick<
    SyncScheduleRow,
    | "mode"
    | "cron"
    | "timeZone"
    | "overlap"
    | "catchUp"
    | "jitterSeconds"
    | "backfillFrom"
    | "pausedAt"
    | "tickAt"
    | "dueAt"
  >
>;

/** The schedules of one tenant. */
export interface SyncScheduleRepository {
  create(schedule: NewSyncSchedule): Promise<SyncScheduleRow>;
  findById(id: string): Promise<SyncScheduleRow | undefined>;
  /** In the order of their making, of one connector where it is named. */
  list(filter: { readonly connectorId?: string }, page: PageRequest): Promise<Page<SyncScheduleRow>>;
  /** The database's clock, by which schedules run. */
  readTime(): Promise<Date>;
  /** Those that are not paused, of one connector or of all. */
  findActive(connectorId: string | undefined): Promise<readonly SyncScheduleRow[]>;
  /**
   * Keeps a connector from being changed or deleted until the unit of work ends: whoever makes a schedule active does so first.
   *
   * @returns its code; `undefined` when there is none that is active.
   */
  lockConnector(connectorId: string): Promise<string | undefined>;
  /**
   * @throws {StaleVersionError} with the current version, when it has changed since.
   * @throws {NotFoundError} when there is none.
   */
  update(id: string, expectedVersion: number, changes: SyncScheduleChanges): Promise<SyncScheduleRow>;
  /** Removes it; its runs stay. Fails as {@link update} does. */
  remove(id: string, expectedVersion: number): Promise<void>;
}

/** The schedules of the tenant of `scope`. */
export function createSyncScheduleRepository({ client, tenantId, readTime }: TenantScope): SyncScheduleRepository {
  const table = client.syncSchedule;

  const fail = async (id: string): Promise<never> => {
    const row = await table.findFirst({ where: { tenantId, id }, select: { version: true } });
    if (row === null) throw new NotFoundError("There is no such schedule.");
    throw new StaleVersionError("schedule", row.version);
  };

  return {
    readTime,
    create: (schedule) => table.create({ data: { ...schedule, tenantId } }),
    async findById(id) {
      return (await table.findFirst({ where: { tenantId, id } })) ?? undefined;
    },
    async list({ connectorId }, { limit, after }) {
      const where = { tenantId, connectorId, id: after === undefined ? undefined : { gt: after } };
      return toPage(await table.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 }), limit);
    },
    findActive: (connectorId) =>
      table.findMany({ where: { tenantId, connectorId, pausedAt: null }, orderBy: { id: "asc" } }),
    async lockConnector(connectorId) {
      const [row] = await client.$queryRaw<{ code: string }[]>`
        select c.connector_code as code from connectors c
        where c.tenant_id = ${tenantId}::uuid and c.id = ${connectorId}::uuid and c.is_active and c.deleted_at is null
        for share`;
      return row?.code;
    },
    async update(id, expectedVersion, changes) {
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, version: expectedVersion },
        data: { ...changes, version: { increment: 1 } },
      });
      return row ?? fail(id);
    },
    async remove(id, expectedVersion) {
      const { count } = await table.deleteMany({ where: { tenantId, id, version: expectedVersion } });
      if (count === 0) await fail(id);
    },
  };
}
