import { NotFoundError } from "@isthmus/core";
import { StaleVersionError } from "../database/errors.js";
import { Prisma, type InboundEndpoint as PrismaInboundEndpoint } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, readObject, toJson, toPage } from "./client.js";
import type { ConnectorEnvironment } from "./connectors.js";
import type { TenantScope } from "./scope.js";

/** Where one vendor delivers to. Fields are described in `prisma/schema.prisma`. */
export interface InboundEndpointRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorType: string;
  readonly name: string;
  readonly environment: ConnectorEnvironment;
  /** Sealed by the vault; `null` = none, so that every delivery is refused. */
  readonly secrets: JsonObject | null;
  readonly secretCount: number;
  readonly isActive: boolean;
  /** Counts changes; hand it back as the expected version of the next one. */
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Secrets, sealed, and how many they are. */
export interface SealedSecrets {
  readonly sealed: object;
  readonly count: number;
}

/** What a new endpoint is made of. */
export interface NewInboundEndpoint {
  /** Made by the caller: the sealed secrets are bound to it. */
  readonly id: string;
  readonly connectorType: string;
  readonly name: string;
  readonly environment: ConnectorEnvironment;
  /** Default: none. */
  readonly secrets?: SealedSecrets | undefined;
  /** A user of the same tenant. */
  readonly createdBy: string;
}

/** What an update changes; what is missing stays. */
export interface InboundEndpointChanges {
  readonly name?: string;
  readonly isActive?: boolean;
  readonly secrets?: SealedSecrets;
}

/** The inbound endpoints of one tenant. */
export interface InboundEndpointRepository {
  create(endpoint: NewInboundEndpoint): Promise<InboundEndpointRow>;
  findById(id: string): Promise<InboundEndpointRow | undefined>;
  list(filter: { readonly type?: string }, page: PageRequest): Promise<Page<InboundEndpointRow>>;
  /**
   * Changes an endpoint if it still has `expectedVersion`, and counts the version up.
   *
   * @throws {StaleVersionError} with the current version, when it has changed since.
   * @throws {NotFoundError} When there is none.
   */
  update(id: string, expectedVersion: number, changes: InboundEndpointChanges): Promise<InboundEndpointRow>;
  /** Removes an endpoint with all that came to it. Fails as {@link update} does. */
  remove(id: string, expectedVersion: number): Promise<void>;
  /** Switches all of them off: nothing is taken any more. */
  deactivateAll(): Promise<void>;
}

/** The inbound endpoints of the tenant of `scope`. */
export function createInboundEndpointRepository({ client, tenantId }: TenantScope): InboundEndpointRepository {
  const table = client.inboundEndpoint;

  const fail = async (id: string): Promise<never> => {
    const row = await table.findFirst({ where: { tenantId, id }, select: { version: true } });
    if (row === null) throw new NotFoundError("There is no such inbound endpoint.");
    throw new StaleVersionError("inbound endpoint", row.version);
  };

  return {
    async create({ secrets, ...rest }) {
      const data = { ...rest, tenantId, ...columnsOf(secrets) };
      return toRow(await table.create({ data }));
    },
    async findById(id) {
      const row = await table.findFirst({ where: { tenantId, id } });
      return row === null ? undefined : toRow(row);
    },
    async list({ type }, { limit, after }) {
      const where = { tenantId, connectorType: type, id: after === undefined ? undefined : { gt: after } };
      const rows = await table.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 });
      return toPage(rows.map(toRow), limit);
    },
    async update(id, expectedVersion, { secrets, ...rest }) {
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, version: expectedVersion },
        data: { ...rest, ...(secrets && columnsOf(secrets)), version: { increment: 1 } },
      });
      return row === undefined ? fail(id) : toRow(row);
    },
    async remove(id, expectedVersion) {
      const { count } = await table.deleteMany({ where: { tenantId, id, version: expectedVersion } });
      if (count === 0) await fail(id);
    },
    async deactivateAll() {
      await table.updateMany({ where: { tenantId }, data: { isActive: false } });
    },
  };
}

function columnsOf(secrets: SealedSecrets | undefined) {
  if (secrets === undefined || secrets.count === 0) return { secrets: Prisma.DbNull, secretCount: 0 };
  return { secrets: toJson(secrets.sealed), secretCount: secrets.count };
}

function toRow({ secretsKeyId: _, ...row }: PrismaInboundEndpoint): InboundEndpointRow {
  return { ...row, secrets: row.secrets === null ? null : readObject(row.secrets) };
}
