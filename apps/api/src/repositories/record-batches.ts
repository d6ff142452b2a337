import type { JsonObject } from "./client.js";
import { type BatchTarget, holdStatement, type ReadBatch, storeStatement } from "./record-batch-statement.js";
import { type SweepStep, type SweepTarget, sweepStatement } from "./record-sweep.js";
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

/** What {@link holdStatement} answers. */
interface BatchHold {
  readonly held: boolean;
  readonly locked: boolean;
}

const noState: EntityState = { cursor: undefined, accountId: null };

/** Writes what vendors gave into the records of one tenant's connectors. */
export interface RecordBatchRepository {
  /**
   * Stores a batch with the cursor that comes after it, under the lease of a run. Only records that are different now get a new
   * version. Many of them are better stored by a `RecordBatchLane`.
   *
   * @returns `undefined`, and nothing is stored, when somebody else has the run, it is to be ended, or the connector has another
   *   account by now.
   */
  storeBatch(target: BatchTarget, batch: ReadBatch): Promise<BatchCounts | undefined>;
  findState(connectorId: string, entity: string): Promise<EntityState>;
  /** {@link findState} of an entity that is to be written: its row is there from now on. */
  openState(connectorId: string, entity: string): Promise<EntityState>;
  /** Forgets the cursor and the account: the next run begins at the beginning. */
  clearState(connectorId: string, entity: string): Promise<void>;
  /**
   * Forgets some of what a full run has seen, before it reads from the beginning. Only together with a renewal of its lease: what
   * somebody else has seen for it since must stay.
   *
   * @returns how many.
   */
  forgetSeen(runId: string, limit: number): Promise<number>;
  /**
   * Marks what a full run that has read everything has not seen as deleted, a step of it: one transaction for a million records would
   * take longer than it may.
   *
   * @param after - `0`, or `next` of the step before.
   */
  sweep(target: SweepTarget, after: string, limit: number): Promise<SweepStep>;
  /**
   * Makes the cursor of a run that kept it to itself the entity's. That of one that began at a time only where the entity has none yet.
   *
   * @returns whether the run is still held.
   */
  adoptCursor(target: SweepTarget): Promise<boolean>;
}

const nothingLeft: SweepStep = { gone: 0, next: null };

/** The batches of the tenant of `scope`. */
export function createRecordBatchRepository({ client, tenantId, sinks, noteWork }: TenantScope): RecordBatchRepository {
  /** Takes the entity's row, so that whoever writes its records does so alone. */
  async function lockState(connectorId: string, entity: string): Promise<void> {
    const lock = () => client.$queryRaw<object[]>`
      select 1 from sync_states
      where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity} for update`;
    if ((await lock()).length > 0) return;
    await addState(connectorId, entity);
    await lock();
  }

  /** Where it is missing only: each attempt takes a number of the series, of which there are 134 million. */
  async function addState(connectorId: string, entity: string): Promise<void> {
    await client.$executeRaw`
      insert into sync_states (connector_id, entity, tenant_id) values (${connectorId}::uuid, ${entity}, ${tenantId}::uuid)
      on conflict (connector_id, entity) do nothing`;
  }

  async function readState(connectorId: string, entity: string): Promise<EntityState | undefined> {
    const [row] = await client.$queryRaw<{ cursor: JsonObject | null; accountId: string | null }[]>`
      select cursor, account_id as "accountId" from sync_states
      where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
    return row && { cursor: row.cursor ?? undefined, accountId: row.accountId };
  }

  return {
    async storeBatch(target, batch) {
      const [hold] = await client.$queryRaw<BatchHold[]>(holdStatement(tenantId, target));
      if (hold?.held !== true) return undefined;
      if (!hold.locked) await lockState(target.connectorId, target.entity);
      const [counts] = await client.$queryRaw<BatchCounts[]>(storeStatement({ tenantId, sinks }, target, batch));
      if (counts !== undefined && counts.changed + counts.deleted > 0) noteWork("deliveries");
      return counts;
    },

    findState: async (connectorId, entity) => (await readState(connectorId, entity)) ?? noState,

    async openState(connectorId, entity) {
      const state = await readState(connectorId, entity);
      if (state === undefined) await addState(connectorId, entity);
      return state ?? noState;
    },

    async clearState(connectorId, entity) {
      await client.$executeRaw`
        update sync_states set cursor = null, account_id = null
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
    },

    forgetSeen: (runId, limit) => client.$executeRaw`
      delete from sync_sightings s
      where s.tenant_id = ${tenantId}::uuid and s.ctid = any(array(
        select g.ctid from sync_sightings g
        where g.tenant_id = ${tenantId}::uuid and g.run_id = ${runId}::uuid limit ${limit}))`,

    async adoptCursor({ runId, attemptId, connectorId, entity }) {
      const updated = await client.$executeRaw`
        update sync_states s set cursor = case when r.mode = 'full' then r.cursor else coalesce(s.cursor, r.cursor) end
        from sync_runs r
        where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
          and r.tenant_id = s.tenant_id and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid`;
      return updated === 1;
    },

    async sweep(target, after, limit) {
      await lockState(target.connectorId, target.entity);
      const statement = sweepStatement({ tenantId, sinks }, target, after, limit);
      const [step = nothingLeft] = await client.$queryRaw<SweepStep[]>(statement);
      if (step.gone > 0) noteWork("deliveries");
      return step;
    },
  };
}
