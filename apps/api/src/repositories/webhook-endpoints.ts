import { NotFoundError } from "@isthmus/core";
import { StaleVersionError } from "../database/errors.js";
import type { Prisma, WebhookEndpoint as PrismaWebhookEndpoint } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, readObject, toJson, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

/** What a webhook is told, and where. Fields are described in `prisma/schema.prisma`. */
export interface WebhookEndpointSettings {
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly string[];
  readonly connectorIds: readonly string[];
  readonly entities: readonly string[];
  readonly isActive: boolean;
}

/** A webhook as it is stored. */
export interface WebhookEndpointRow extends WebhookEndpointSettings {
  readonly id: string;
  readonly tenantId: string;
  readonly goneAt: Date | null;
  /** Sealed by the vault. */
  readonly secrets: JsonObject;
  readonly previousUntil: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly notBefore: Date | null;
  /** Counts changes; hand it back as the expected version of the next one. */
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a new webhook is made of. */
export interface NewWebhookEndpoint extends WebhookEndpointSettings {
  /** Made by the caller: the sealed secrets are bound to it. */
  readonly id: string;
  readonly secrets: object;
  /** A user of the same tenant. */
  readonly createdBy: string;
}

/** Deliveries of a webhook that have not arrived. */
export interface OpenDeliveries {
  readonly pending: number;
  readonly dead: number;
}

/** The webhooks of one tenant. */
export interface WebhookEndpointRepository {
  create(endpoint: NewWebhookEndpoint): Promise<WebhookEndpointRow>;
  findById(id: string): Promise<WebhookEndpointRow | undefined>;
  list(page: PageRequest): Promise<Page<WebhookEndpointRow>>;
  /** How many deliveries of each have not arrived. */
  countOpen(ids: readonly string[]): Promise<ReadonlyMap<string, OpenDeliveries>>;
  /**
   * Gives a webhook all of these settings if it still has `expectedVersion`, and counts the version up. Where it is switched on,
   * what was known of its failures is forgotten.
   *
   * @throws {StaleVersionError} with the current version, when it has changed since.
   * @throws {NotFoundError} When there is none.
   */
  update(id: string, expectedVersion: number, settings: WebhookEndpointSettings): Promise<WebhookEndpointRow>;
  /**
   * Gives a webhook other secrets, where it still has those that were read. The one before signs for so long (database clock).
   *
   * @returns `undefined` when somebody else has changed them meanwhile.
   */
  changeSecrets(
    id: string,
    read: JsonObject,
    secrets: object,
    overlapSeconds: number,
  ): Promise<WebhookEndpointRow | undefined>;
  /** Removes a webhook with its deliveries. Fails as {@link update} does. */
  remove(id: string, expectedVersion: number): Promise<void>;
  /** Switches a webhook off because it is gone. @returns `undefined` when that was noted, or it is not there. */
  noteGone(id: string, at: Date): Promise<WebhookEndpointRow | undefined>;
}

/** The webhooks of the tenant of `scope`. */
export function createWebhookEndpointRepository({ client, tenantId }: TenantScope): WebhookEndpointRepository {
  const table = client.webhookEndpoint;

  const fail = async (id: string): Promise<never> => {
    const row = await table.findFirst({ where: { tenantId, id }, select: { version: true } });
    if (row === null) throw new NotFoundError("There is no such webhook.");
    throw new StaleVersionError("webhook", row.version);
  };
  const find = async (id: string) => {
    const row = await table.findFirst({ where: { tenantId, id } });
    return row === null ? undefined : toRow(row);
  };

  return {
    async create({ id, secrets, createdBy, ...settings }) {
      const data = { ...toColumns(settings), id, tenantId, secrets: toJson(secrets), createdBy };
      return toRow(await table.create({ data }));
    },
    findById: find,
    async list({ limit, after }) {
      const where = { tenantId, id: after === undefined ? undefined : { gt: after } };
      const rows = await table.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 });
      return toPage(rows.map(toRow), limit);
    },
    async countOpen(ids) {
      const rows = await client.$queryRaw<(OpenDeliveries & { id: string })[]>`
        select w.id::text as id,
          (select count(*) from webhook_deliveries d
            where d.tenant_id = ${tenantId}::uuid and d.endpoint_id = w.id and d.status = 'pending')::integer as pending,
          (select count(*) from webhook_deliveries d
            where d.tenant_id = ${tenantId}::uuid and d.endpoint_id = w.id and d.status = 'dead')::integer as dead
        from webhook_endpoints w where w.tenant_id = ${tenantId}::uuid and w.id = any(${[...ids]}::uuid[])`;
      return new Map(rows.map(({ id, ...counts }) => [id, counts]));
    },
    async update(id, expectedVersion, settings) {
      const fresh = { goneAt: null, failures: 0, failingSince: null, notBefore: null };
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, version: expectedVersion },
        data: { ...toColumns(settings), ...(settings.isActive && fresh), version: { increment: 1 } },
      });
      return row === undefined ? fail(id) : toRow(row);
    },
    async changeSecrets(id, read, secrets, overlapSeconds) {
      const changed = await client.$executeRaw`
        update webhook_endpoints set secrets = ${JSON.stringify(secrets)}::jsonb, version = version + 1, updated_at = now(),
          previous_until = case when ${overlapSeconds}::integer > 0
            then clock_timestamp() + make_interval(secs => ${overlapSeconds}::integer) end
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and secrets = ${JSON.stringify(read)}::jsonb`;
      return changed === 0 ? undefined : find(id);
    },
    async remove(id, expectedVersion) {
      const { count } = await table.deleteMany({ where: { tenantId, id, version: expectedVersion } });
      if (count === 0) await fail(id);
    },
    async noteGone(id, at) {
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, goneAt: null },
        data: { isActive: false, goneAt: at, version: { increment: 1 } },
      });
      return row === undefined ? undefined : toRow(row);
    },
  };
}

/** Only what people set: the object handed in may hold more. */
function toColumns({ url, description, isActive, ...lists }: WebhookEndpointSettings) {
  return {
    ...{ url, description, isActive },
    eventTypes: [...lists.eventTypes],
    connectorIds: [...lists.connectorIds],
    entities: [...lists.entities],
  } satisfies Partial<Prisma.WebhookEndpointUpdateManyMutationInput>;
}

function toRow({ secretsKeyId: _, ...row }: PrismaWebhookEndpoint): WebhookEndpointRow {
  return { ...row, secrets: readObject(row.secrets) };
}
