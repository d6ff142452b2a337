import { Prisma } from "../generated/prisma/client.js";
import { type ScopedSql, scopedSql, type TenantId } from "./scope.js";

// Who is told is decided in the transaction in which something happens, by the statement that writes it down: what was
// committed has its deliveries, and what was rolled back has none. Nobody looks for events that were not told yet, so none is
// passed over because an older transaction ended later.

/** A new UUID v7, made by the database. */
export const newIdSql: Prisma.Sql = Prisma.sql`encode(
  set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid`;

/** What an event is about, as SQL of a row that has it. */
export interface EventSubject {
  /** uuid, or null. */
  readonly connectorId: Prisma.Sql;
  /** text, or null. */
  readonly entity: Prisma.Sql;
}

/** The webhooks of the tenant, as `w`, that are told of what is about this. */
export function listensTo(tenantId: TenantId, { connectorId, entity }: EventSubject): ScopedSql {
  return scopedSql`
    w.tenant_id = ${tenantId}::uuid and w.is_active
    and (cardinality(w.connector_ids) = 0 or ${connectorId} = any(w.connector_ids))
    and (cardinality(w.entities) = 0 or ${entity} is null or ${entity} = any(w.entities))`;
}

/** Whether `w` wants events of a type, or of its group. */
export function wantsType(type: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`w.event_types && array[${type}, split_part(${type}, '.', 1) || '.*']`;
}

/** A number that is the same for what is about one thing, and hardly ever for two things. */
export function orderKeyOf(about: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`hashtextextended(${about}, 0)`;
}
