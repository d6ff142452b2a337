import { Prisma } from "../generated/prisma/client.js";
import { type AuditChainReads, isSealed, type StoredHead, toSignedHead } from "./audit-chain.js";
import type { AuditEventRow } from "./audit-events.js";
import type { SystemQuery } from "./client.js";
import { platformEventColumns, platformId, type StoredPlatformEvent, toPlatformEventRow } from "./system-events.js";

interface Description {
  readonly lastId: string | null;
  readonly lastSeq: number | null;
  readonly unsealed: number;
  readonly oldestId: string | null;
  readonly oldestAgeMs: number | null;
}

/** The chain of the platform's own audit, to be read. */
export function createPlatformChainRepository(query: SystemQuery): AuditChainReads {
  const listFrom = async (source: Prisma.Sql): Promise<readonly AuditEventRow[]> =>
    (await query<StoredPlatformEvent>(Prisma.sql`select ${platformEventColumns} from ${source}`)).map(
      toPlatformEventRow,
    );
  const describe = async (): Promise<Description> => {
    const [row] = await query<Description>(Prisma.sql`
      select last_event_id::text as "lastId", last_seq::float8 as "lastSeq", unsealed, oldest_id::text as "oldestId", oldest_age_ms as "oldestAgeMs"
      from isthmus_describe_platform_chain()`);
    if (row === undefined) throw new Error("The platform's chain was not described.");
    return row;
  };
  return {
    async head() {
      const [row] = await query<StoredHead>(Prisma.sql`
        select seq, hash, key_id::text as "keyId", public_key as "publicKey", signature, signed_at as "signedAt"
        from isthmus_find_platform_head()`);
      return row && toSignedHead(platformId, row);
    },
    listUnsealed: (limit) => listFrom(Prisma.sql`isthmus_list_unsealed_platform_events(${limit}::integer)`),
    async describeUnsealed() {
      const { unsealed: count, oldestId: id, oldestAgeMs: ageMs } = await describe();
      return { count, oldest: id === null || ageMs === null ? undefined : { id, ageMs } };
    },
    async lastSealed() {
      const { lastId: id, lastSeq: seq } = await describe();
      return id === null || seq === null ? undefined : { id, seq };
    },
    async list(after, last, limit) {
      const page = Prisma.sql`${after}::bigint, ${last}::bigint, ${limit}::integer`;
      return (await listFrom(Prisma.sql`isthmus_list_platform_chain(${page})`)).filter(isSealed);
    },
  };
}
