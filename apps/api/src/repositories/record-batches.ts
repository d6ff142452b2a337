import type { JsonObject } from "./client.js";
import { type BatchTarget, type ReadBatch, storeStatement } from "./record-batch-statement.js";
import { type SweepTarget, sweepStatement } from "./record-sweep.js";
import type { TenantScope } from "./scope.js";

/** Where an entity stands. */
export interface EntityState {
  /** Where its next incremental run goes on; `undefined` = at the beginning. */
  readonly cursor: JsonObject | undefined;
  /** The vendor's account whose records these are; `null` = it is not known. */
  readonly accountId: string | null;
}

/** What became of a batch. */
export interface BatchCounts {
  readonly changed: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/** Writes what vendors gave into the records of one tenant's connectors. */
export interface RecordBatchRepository {
  /**
   * Stores a batch with the cursor that comes after it, under the lease of a run. Only records that are different now get a new
   * version.
   *
   * @param sent - Called when the database has the batch.
   * @returns `undefined`, and nothing is stored, when somebody else has the run, it is to be ended, or the connector has another
   *   account by now.
   */
  storeBatch(target: BatchTarget, batch: ReadBatch, sent?: () => void): Promise<BatchCounts | undefined>;
  findState(connectorId: string, entity: string): Promise<EntityState>;
  /** Forgets the cursor, the account and what full runs have seen: the next run begins at the beginning. */
  clearState(connectorId: string, entity: string): Promise<void>;
  /** Forgets what a full run has seen that has ended before it had read everything. */
  forgetSeen(runId: string): Promise<void>;
  /** Marks what a full run has not seen as deleted, and makes its cursor the entity's. @returns how many. */
  sweep(target: SweepTarget): Promise<number>;
  /** Makes the cursor of a run that began at a time the entity's, where that has none yet. @returns whether the run is still held. */
  adoptCursor(target: SweepTarget): Promise<boolean>;
}

/** The batches of the tenant of `scope`. */
export function createRecordBatchRepository({ client, tenantId, sinks, noteWork }: TenantScope): RecordBatchRepository {
  /** Takes the entity's row, so that whoever writes its records does so alone. */
  async function lockState(connectorId: string, entity: string): Promise<void> {
    await client.$executeRaw`
      insert into sync_states (connector_id, entity, tenant_id) values (${connectorId}::uuid, ${entity}, ${tenantId}::uuid)
      on conflict (connector_id, entity) do nothing`;
    await client.$queryRaw`
      select 1 from sync_states
      where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity} for update`;
  }

  /** Takes the run for longer, and the entity's row, in one step. @returns whether the run and the account are still the same. */
  async function hold({ runId, attemptId, leaseMs, connectorId, entity, accountId }: BatchTarget): Promise<boolean> {
    const [row] = await client.$queryRaw<{ held: boolean; locked: boolean }[]>`
      with held as materialized (
        update sync_runs set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs}::float8 / 1000)
        where tenant_id = ${tenantId}::uuid and id = ${runId}::uuid and attempt_id = ${attemptId}::uuid and cancelled_at is null
          and exists (
            select from connectors c
            where c.tenant_id = ${tenantId}::uuid and c.id = ${connectorId}::uuid
              and c.bound_account_id is not distinct from ${accountId}
          )
        returning id
      ), locked as materialized (
        select from sync_states s
        where exists (select from held)
          and s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
        for update
      )
      select exists (select from held) as held, exists (select from locked) as locked`;
    if (row?.held !== true) return false;
    if (!row.locked) await lockState(connectorId, entity);
    return true;
  }

  return {
    async storeBatch(target, batch, sent) {
      if (!(await hold(target))) return undefined;
      const statement = storeStatement({ tenantId, sinks }, target, batch);
      // It begins with `then`.
      const counted = client.$queryRaw<BatchCounts[]>(statement).then(([row]) => row);
      sent?.();
      const counts = await counted;
      if (counts !== undefined && counts.changed + counts.deleted > 0) noteWork("deliveries");
      return counts;
    },

    async findState(connectorId, entity) {
      const [row] = await client.$queryRaw<{ cursor: JsonObject | null; accountId: string | null }[]>`
        select cursor, account_id as "accountId" from sync_states
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
      return { cursor: row?.cursor ?? undefined, accountId: row?.accountId ?? null };
    },

    async clearState(connectorId, entity) {
      // What was seen before may be gone by the time that it is read anew.
      await client.$executeRaw`
        delete from sync_sightings s using sync_runs r
        where s.tenant_id = ${tenantId}::uuid and r.tenant_id = s.tenant_id and r.id = s.run_id
          and r.connector_id = ${connectorId}::uuid and r.entity = ${entity}`;
      await client.$executeRaw`
        update sync_states set cursor = null, account_id = null
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
    },

    async forgetSeen(runId) {
      await client.$executeRaw`
        delete from sync_sightings s where s.tenant_id = ${tenantId}::uuid and s.run_id = ${runId}::uuid`;
    },

    async adoptCursor({ runId, attemptId, connectorId, entity }) {
      const updated = await client.$executeRaw`
        update sync_states s set cursor = coalesce(s.cursor, r.cursor) from sync_runs r
        where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
          and r.tenant_id = s.tenant_id and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid`;
      return updated === 1;
    },

    async sweep(target) {
      await lockState(target.connectorId, target.entity);
      const [row] = await client.$queryRaw<{ gone: number }[]>(sweepStatement({ tenantId, sinks }, target));
      const gone = row?.gone ?? 0;
      if (gone > 0) noteWork("deliveries");
      return gone;
    },
  };
}
