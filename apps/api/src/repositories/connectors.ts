import { NotFoundError } from "@isthmus/core";
import { StaleVersionError } from "../database/errors.js";
import { newId } from "../database/ids.js";
import {
  type AuthenticationMethod,
  type ConnectorEnvironment,
  type ConnectorStatus,
  Prisma,
  type Connector as PrismaConnector,
} from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, readObject, toJson, toPage } from "./client.js";
import { connectorColumns } from "./connector-columns.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

export type { AuthenticationMethod, ConnectorEnvironment, ConnectorStatus };

/** A connector as it is stored. Fields are described in `prisma/schema.prisma`. */
export interface ConnectorRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorCode: string;
  readonly connectorName: string;
  readonly connectorType: string;
  readonly externalSystemUrl: string;
  readonly authenticationMethod: AuthenticationMethod;
  /** Sealed by the vault; open it only where the plain value is needed. */
  readonly credentials: JsonObject | null;
  readonly configuration: JsonObject;
  readonly environment: ConnectorEnvironment;
  /** Counts changes; hand it back as the expected version of the next one. */
  readonly version: number;
  readonly connectorVersion: string;
  readonly status: ConnectorStatus;
  readonly isActive: boolean;
  readonly accountId: string | null;
  readonly accountName: string | null;
  /** The account that it was last connected to, also after a disconnect. */
  readonly boundAccountId: string | null;
  readonly boundAccountName: string | null;
  /** The version whose account the vendor was asked for last; `null` = it never was. */
  readonly accountVersion: number | null;
  readonly lastSyncAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** What a new connector is made of. */
export interface NewConnector {
  /** Default: a new one. Given when the credentials are sealed before: they are bound to it. */
  readonly id?: string;
  readonly connectorCode: string;
  readonly connectorName: string;
  readonly connectorType: string;
  readonly externalSystemUrl: string;
  readonly authenticationMethod: AuthenticationMethod;
  readonly credentials?: object;
  readonly configuration: object;
  readonly environment: ConnectorEnvironment;
  readonly connectorVersion: string;
  /** Default true. */
  readonly isActive?: boolean;
  /** A user of the same tenant. */
  readonly createdBy: string;
}

/** What an update changes; what is missing stays. */
export interface ConnectorChanges {
  readonly connectorCode?: string;
  readonly connectorName?: string;
  readonly externalSystemUrl?: string;
  readonly authenticationMethod?: AuthenticationMethod;
  /** `null` removes them. */
  readonly credentials?: object | null;
  readonly configuration?: object;
  readonly environment?: ConnectorEnvironment;
  readonly connectorVersion?: string;
  readonly isActive?: boolean;
  /** `null` = the next account that it is connected to is its first one. */
  readonly boundAccountId?: string | null;
  readonly boundAccountName?: string | null;
}

/** Facts that contact with the vendor brings; they are no change by a person and leave `version` alone. */
export interface ConnectionFacts {
  readonly status?: ConnectorStatus;
  readonly accountId?: string | null;
  readonly accountName?: string | null;
  /** The version of the connector by which the vendor was asked for the account; `null` = it did not say, so ask again. */
  readonly accountVersion?: number | null;
}

/** Which connectors a list shows. */
export interface ConnectorFilter {
  /** Those that are deleted, and no others. Default: those that are not. */
  readonly deleted?: boolean;
  readonly type?: string;
  readonly active?: boolean;
  readonly environment?: ConnectorEnvironment;
}

/** The connectors of one tenant. Deleted ones are found by nothing that does not say so. */
export interface ConnectorRepository {
  /** @throws {UniqueViolationError} `fields: ["connectorCode"]` when another connector has the code. */
  create(connector: NewConnector): Promise<ConnectorRow>;
  findById(id: string): Promise<ConnectorRow | undefined>;
  findByCode(connectorCode: string): Promise<ConnectorRow | undefined>;
  list(filter: ConnectorFilter, page: PageRequest): Promise<Page<ConnectorRow>>;
  /** {@link list} of those whose operations and syncs may run. */
  active(page: PageRequest): Promise<Page<ConnectorRow>>;
  /** {@link list} of one type. */
  byType(type: string, page: PageRequest): Promise<Page<ConnectorRow>>;
  /**
   * Changes a connector if it still has `expectedVersion`, and counts the version up.
   *
   * @throws {StaleVersionError} `CONFLICT`, with the current version, when it has changed since.
   * @throws {NotFoundError} When there is none.
   */
  update(id: string, expectedVersion: number, changes: ConnectorChanges): Promise<ConnectorRow>;
  /** Those that have tokens, deleted ones too should any be among them. */
  listWithTokens(page: PageRequest): Promise<Page<ConnectorRow>>;
  /** Switches all of them off, whatever their versions: no worker begins anything for them any more. */
  deactivateAll(): Promise<void>;
  /** {@link update} of `isActive` to true. */
  activate(id: string, expectedVersion: number): Promise<ConnectorRow>;
  /** {@link update} of `isActive` to false. */
  deactivate(id: string, expectedVersion: number): Promise<ConnectorRow>;
  /** One that is deleted. */
  findDeleted(id: string): Promise<ConnectorRow | undefined>;
  /**
   * Deletes a connector softly: it is found no more and its code is free. Everything of it stays, sealed values and tokens
   * included, so that it can be restored. Fails as {@link update} does; `undefined` = whatever its version.
   */
  softDelete(id: string, expectedVersion: number | undefined): Promise<ConnectorRow>;
  /**
   * Takes a soft deletion back.
   *
   * @param connectorCode - Under another code; `undefined` = its own.
   * @throws {UniqueViolationError} `fields: ["connectorCode"]` when another connector has the code.
   * @throws {StaleVersionError} {@link NotFoundError} as {@link update}, among the deleted ones.
   */
  undelete(id: string, expectedVersion: number | undefined, connectorCode: string | undefined): Promise<ConnectorRow>;
  /**
   * Removes a deleted connector with everything that belongs to it but its audit. The database lets it go only when its
   * purge was begun: see `ConnectorDeletionRepository`.
   *
   * @returns whether it went.
   */
  remove(id: string): Promise<boolean>;
  /** Notes what the vendor told. @throws {NotFoundError} When there is none. */
  recordConnection(id: string, facts: ConnectionFacts): Promise<ConnectorRow>;
  /** Notes that a sync has just completed (database clock). @throws {NotFoundError} When there is none. */
  recordSync(id: string): Promise<void>;
}

/** The connectors of the tenant of `scope`. */
export function createConnectorRepository({ client, tenantId }: TenantScope): ConnectorRepository {
  const table = client.connector;

  const list: ConnectorRepository["list"] = async (filter, page) => {
    const rows = await table.findMany({
      where: {
        tenantId,
        deletedAt: filter.deleted ? { not: null } : null,
        connectorType: filter.type,
        isActive: filter.active,
        environment: filter.environment,
        id: page.after === undefined ? undefined : { gt: page.after },
      },
      orderBy: { id: "asc" },
      take: page.limit + 1,
    });
    return toPage(rows.map(toRow), page.limit);
  };

  const failUpdate = async (id: string, deletedAt: null | { not: null } = null): Promise<never> => {
    const row = await table.findFirst({ where: { tenantId, id, deletedAt }, select: { version: true } });
    if (row === null) throw new NotFoundError("There is no such connector.");
    throw new StaleVersionError("connector", row.version);
  };

  // One statement compares and sets, so two callers with one version cannot both win.
  const compareAndSet = async (
    id: string,
    expectedVersion: number,
    data: Prisma.ConnectorUpdateManyMutationInput,
  ): Promise<ConnectorRow> => {
    const [row] = await table.updateManyAndReturn({
      where: { tenantId, id, version: expectedVersion, deletedAt: null },
      data: { ...data, version: { increment: 1 } },
    });
    return row === undefined ? failUpdate(id) : toRow(row);
  };

  const update: ConnectorRepository["update"] = (id, expectedVersion, changes) => {
    const { credentials, configuration, ...rest } = changes;
    return compareAndSet(id, expectedVersion, {
      ...rest,
      ...(credentials === undefined ? {} : { credentials: credentials === null ? Prisma.DbNull : toJson(credentials) }),
      ...(configuration === undefined ? {} : { configuration: toJson(configuration) }),
    });
  };

  const at = (id: string, version: number | undefined) => scopedSql`
    c.tenant_id = ${tenantId}::uuid and c.id = ${id}::uuid and c.version = coalesce(${version ?? null}::integer, c.version)`;

  const switchTo = (changes: Prisma.Sql, where: ScopedSql) => client.$queryRaw<ConnectorRow[]>`
    with changed as (
      update connectors c set ${changes}, version = c.version + 1, updated_at = clock_timestamp()
      where ${where} returning c as connector
    )
    select ${connectorColumns} from changed`;

  return {
    list,
    update,
    async create({ id, credentials, configuration, ...rest }) {
      const row = await table.create({
        data: {
          ...rest,
          id: id ?? newId(),
          tenantId,
          credentials: credentials === undefined ? Prisma.DbNull : toJson(credentials),
          configuration: toJson(configuration),
        },
      });
      return toRow(row);
    },
    async findById(id) {
      const row = await table.findFirst({ where: { tenantId, id, deletedAt: null } });
      return row === null ? undefined : toRow(row);
    },
    async findByCode(connectorCode) {
      const row = await table.findFirst({ where: { tenantId, connectorCode, deletedAt: null } });
      return row === null ? undefined : toRow(row);
    },
    active: (page) => list({ active: true }, page),
    byType: (type, page) => list({ type }, page),
    async listWithTokens({ limit, after }) {
      const where = { tenantId, id: after === undefined ? undefined : { gt: after } };
      const rows = await table.findMany({
        where: { ...where, token: { tokens: { not: Prisma.DbNull } } },
        orderBy: { id: "asc" },
        take: limit + 1,
      });
      return toPage(rows.map(toRow), limit);
    },
    async deactivateAll() {
      await table.updateMany({ where: { tenantId }, data: { isActive: false } });
    },
    activate: (id, expectedVersion) => update(id, expectedVersion, { isActive: true }),
    deactivate: (id, expectedVersion) => update(id, expectedVersion, { isActive: false }),
    async findDeleted(id) {
      const row = await table.findFirst({ where: { tenantId, id, deletedAt: { not: null } } });
      return row === null ? undefined : toRow(row);
    },
    async softDelete(id, expectedVersion) {
      const [row] = await switchTo(
        Prisma.sql`deleted_at = clock_timestamp()`,
        scopedSql`${at(id, expectedVersion)} and c.deleted_at is null`,
      );
      return row ?? failUpdate(id);
    },
    async undelete(id, expectedVersion, connectorCode) {
      const [row] = await switchTo(
        Prisma.sql`deleted_at = null, connector_code = coalesce(${connectorCode ?? null}::text, c.connector_code)`,
        scopedSql`${at(id, expectedVersion)} and c.deleted_at is not null`,
      );
      return row ?? failUpdate(id, { not: null });
    },
    async remove(id) {
      const { count } = await table.deleteMany({ where: { tenantId, id, deletedAt: { not: null } } });
      return count > 0;
    },
    async recordConnection(id, facts) {
      const { accountId, accountName = null } = facts;
      // What it was last connected to is remembered when it is connected to nothing.
      const bound = accountId != null && { boundAccountId: accountId, boundAccountName: accountName };
      const data = { ...facts, ...bound };
      const [row] = await table.updateManyAndReturn({ where: { tenantId, id, deletedAt: null }, data });
      if (row === undefined) throw new NotFoundError("There is no such connector.");
      return toRow(row);
    },
    async recordSync(id) {
      const changed = await client.$executeRaw`
        update connectors set last_sync_at = now()
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and deleted_at is null`;
      if (changed === 0) throw new NotFoundError("There is no such connector.");
    },
  };
}

function toRow({ credentialsKeyId: _, ...row }: PrismaConnector): ConnectorRow {
  return {
    ...row,
    credentials: row.credentials === null ? null : readObject(row.credentials),
    configuration: readObject(row.configuration),
  };
}
