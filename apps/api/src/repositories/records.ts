import type { JsonObject } from "./client.js";
import { seriesBits } from "./record-sweep.js";
import type { TenantScope } from "./scope.js";

/** A record as it was last read. Fields are described in `prisma/schema.prisma`. */
export interface RecordRow {
  readonly entity: string;
  readonly externalId: string;
  readonly data: JsonObject | null;
  /** A whole number as text: it may exceed what a JavaScript number holds. */
  readonly version: string;
  readonly modifiedAt: Date | null;
  readonly deleted: boolean;
  readonly updatedAt: Date;
}

/** Which records a list shows. */
export interface RecordFilter {
  readonly connectorId: string;
  readonly entity: string;
  /** Those of a higher version only. */
  readonly afterVersion?: string;
  /** Those that changed here after it only. */
  readonly since?: Date;
  /** Those whose data has these fields with these values only. */
  readonly contains?: object;
  /** Deleted ones too. Default: they are left out. */
  readonly withDeleted?: boolean;
}

/** Some records, and whether there are more behind them. */
export interface RecordSlice {
  readonly rows: readonly RecordRow[];
  readonly hasMore: boolean;
}

/** Of the data of a slice, in bytes of its text; the record that goes beyond it is in it. */
const mostSliceBytes = 8 * 2 ** 20;

/** The records of one tenant's connectors. */
export interface RecordRepository {
  /**
   * In the order of their versions: whoever follows `afterVersion` misses nothing that is written meanwhile. `limit` of them, or
   * fewer where they are large.
   */
  list(filter: RecordFilter, limit: number): Promise<RecordSlice>;
  /** Those of an entity with these ids, as far as they are there; deleted ones too. */
  findByIds(place: Pick<RecordFilter, "connectorId" | "entity">, ids: readonly string[]): Promise<readonly RecordRow[]>;
}

/** The records of the tenant of `scope`. */
export function createRecordRepository({ client, tenantId }: TenantScope): RecordRepository {
  return {
    async list({ connectorId, entity, afterVersion, since = null, contains, withDeleted = false }, limit) {
      const wanted = contains === undefined ? null : JSON.stringify(contains);
      // Numbers, and no table to join: of a join the index would be read from its beginning, through everybody's records.
      // What is compressed is large: of it alone the text is made to be measured.
      const found = await client.$queryRaw<(RecordRow & { available: number })[]>`
        with state as materialized (
          select series << ${seriesBits}::integer as first, record_version as changes from sync_states
          where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}
        ), slice as materialized (
          select o.* from records o
          where o.tenant_id = ${tenantId}::uuid
            and o.version > (select first from state) + ${afterVersion ?? "0"}::bigint
            and o.version <= (select first + changes from state)
            and (${since}::timestamptz is null or o.updated_at > ${since}::timestamptz)
            and (${wanted}::jsonb is null or o.data @> ${wanted}::jsonb)
            and (${withDeleted}::boolean or not o.deleted)
          order by o.version limit ${limit + 1}::integer
        ), measured as (
          select o.*, (count(*) over ())::integer as available, sum(
            case when pg_column_compression(o.data) is null then pg_column_size(o.data) else octet_length(o.data::text) end
          ) over (order by o.version rows between unbounded preceding and 1 preceding) as bytes_before
          from slice o
        )
        select o.entity, o.external_id as "externalId", o.data, (o.version - (select first from state))::text as version,
          o.modified_at as "modifiedAt", o.deleted, o.updated_at as "updatedAt", o.available
        from measured o where coalesce(o.bytes_before, 0) < ${mostSliceBytes}::integer
        order by o.version`;
      const rows = found.slice(0, limit).map(({ available: _available, ...row }) => row);
      return { rows, hasMore: (found[0]?.available ?? 0) > rows.length };
    },

    findByIds({ connectorId, entity }, ids) {
      return client.$queryRaw<RecordRow[]>`
        select o.entity, o.external_id as "externalId", o.data, (o.version - s.first)::text as version,
          o.modified_at as "modifiedAt", o.deleted, o.updated_at as "updatedAt"
        from (
          select series << ${seriesBits}::integer as first from sync_states
          where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}
        ) s, records o
        where o.tenant_id = ${tenantId}::uuid and o.connector_id = ${connectorId}::uuid and o.entity = ${entity}
          and o.external_id = any(${ids}::text[])`;
    },
  };
}
