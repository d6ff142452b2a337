import { newId } from "../database/ids.js";
import { type Page, type PageRequest, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

/** An API key as it is stored: never the key itself. */
export interface ApiKeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly name: string;
  /** The first characters of the key, to tell keys apart. */
  readonly prefix: string;
  readonly expiresAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Id of the key that was made in its place. */
  readonly rotatedTo: string | null;
  readonly createdAt: Date;
}

/** What a new key is made of. */
export interface NewApiKey {
  /** A user of the same tenant. */
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
  /** SHA-256 of the whole key, lower-case hexadecimal. */
  readonly hash: string;
  /** Default: does not expire. */
  readonly expiresAt?: Date;
}

/** The API keys of one tenant. */
export interface ApiKeyRepository {
  /** @throws {NotFoundError} When the tenant has no such user. */
  create(key: NewApiKey): Promise<ApiKeyRow>;
  findById(id: string): Promise<ApiKeyRow | undefined>;
  /** The same, kept from being changed by others until the unit of work ends. */
  findForChange(id: string): Promise<ApiKeyRow | undefined>;
  /** All keys of the tenant, or of one user. */
  list(page: PageRequest, filter?: { readonly userId?: string }): Promise<Page<ApiKeyRow>>;
  /** Withdraws a key, from the next request on. @returns Whether there was such a key that still worked. */
  revoke(id: string): Promise<boolean>;
  /**
   * Notes which key was made in place of the one with this id, and ends that one.
   *
   * @param end - From when on it is refused. Default: from the next request on, whatever clocks say.
   * @returns The key as it is then; `undefined` when there is none that was neither withdrawn nor rotated before.
   */
  endInFavourOf(successorId: string, id: string, end?: Date): Promise<ApiKeyRow | undefined>;
  /** Withdraws every key of the tenant. */
  revokeAll(): Promise<void>;
}

/** The API keys of the tenant of `scope`. */
export function createApiKeyRepository({ client, tenantId }: TenantScope): ApiKeyRepository {
  const table = client.apiKey;
  // No row leaves with its hash: nobody who reads keys needs it.
  const omit = { hash: true } as const;
  const findById = async (id: string) => (await table.findFirst({ where: { tenantId, id }, omit })) ?? undefined;
  return {
    create: (key) => table.create({ data: { ...key, id: newId(), tenantId }, omit }),
    findById,
    async findForChange(id) {
      await client.$queryRaw`
        select 1 from api_keys where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
      return findById(id);
    },
    async list({ limit, after }, filter = {}) {
      const where = { tenantId, userId: filter.userId, id: after === undefined ? undefined : { gt: after } };
      return toPage(await table.findMany({ where, orderBy: { id: "asc" }, take: limit + 1, omit }), limit);
    },
    async revoke(id) {
      const { count } = await table.updateMany({
        where: { tenantId, id, revokedAt: null },
        data: { revokedAt: new Date() },
      });
      return count > 0;
    },
    async endInFavourOf(successorId, id, end) {
      // Of two at one moment, the second waits for the first one's row and then finds it rotated.
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, revokedAt: null, rotatedTo: null },
        data: { rotatedTo: successorId, ...(end === undefined ? { revokedAt: new Date() } : { expiresAt: end }) },
        omit,
      });
      return row;
    },
    async revokeAll() {
      await table.updateMany({ where: { tenantId, revokedAt: null }, data: { revokedAt: new Date() } });
    },
  };
}
