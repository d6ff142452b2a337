import { Prisma } from "../generated/prisma/client.js";
import { type NoteWork, noteNothing } from "./work-kinds.js";

declare const scoped: unique symbol;

/**
 * The id of the tenant that a unit of work is for. Only {@link createTenantScope} makes one, and `createTenantReads` and
 * `createRecordBatchLane` for their few: an id that came with a request, or out of a row, is a plain string and does not fit where this is asked for.
 */
export type TenantId = string & { readonly [scoped]: "tenant" };

/** SQL that names the unit's tenant: see {@link scopedSql}. */
export type ScopedSql = Prisma.Sql & { readonly [scoped]: "sql" };

/**
 * What a repository works with, inside one transaction of one tenant: Prisma's client, whose calls have to say that they
 * are of this tenant, or they do not compile. Row-level security holds without that.
 */
export interface TenantScope {
  readonly client: ScopedClient;
  readonly tenantId: TenantId;
  /** Names of the operator's sinks: they are told everything. */
  readonly sinks: readonly string[];
  readonly noteWork: NoteWork;
  /** When this transaction began, by the database clock. */
  readTime(): Promise<Date>;
  /** Whether this transaction has written anything yet. One that has locked rows counts as one that has. */
  hasWritten(): Promise<boolean>;
}

/**
 * Prisma's tables of the tenants, and raw SQL. There is no way here to a table of the platform's, to SQL as plain text, or
 * to another transaction.
 */
export type ScopedClient = ScopedTables & ScopedRaw;

/** The scope of a transaction that acts for `tenantId` already. */
export function createTenantScope(
  client: Prisma.TransactionClient,
  tenantId: string,
  sinks: readonly string[] = [],
  noteWork: NoteWork = noteNothing,
): TenantScope {
  return {
    client: client as ScopedClient,
    tenantId: tenantId as TenantId,
    sinks,
    noteWork,
    async readTime() {
      const [row] = await client.$queryRaw<{ at: Date }[]>`select now() as at`;
      if (row === undefined) throw new Error("The database did not tell its time.");
      return row.at;
    },
    async hasWritten() {
      const [row] = await client.$queryRaw<{ wrote: boolean }[]>`
        select pg_current_xact_id_if_assigned() is not null as wrote`;
      return row?.wrote === true;
    },
  };
}

/** `Prisma.sql` for a part of a statement that names the tenant, so that a statement made with it is scoped. */
export function scopedSql(strings: TemplateStringsArray, ...values: NamingTenant): ScopedSql {
  return Prisma.sql(strings, ...values) as ScopedSql;
}

/** Values of which one is the tenant's id, or SQL that names it. */
type NamingTenant<Before extends unknown[] = []> = Before["length"] extends 24
  ? never
  : [...Before, TenantId | ScopedSql, ...unknown[]] | NamingTenant<[...Before, unknown]>;

interface ScopedRaw {
  $queryRaw<Rows>(strings: TemplateStringsArray, ...values: NamingTenant): Promise<Rows>;
  $queryRaw<Rows>(statement: ScopedSql): Promise<Rows>;
  $executeRaw(strings: TemplateStringsArray, ...values: NamingTenant): Promise<number>;
  $executeRaw(statement: ScopedSql): Promise<number>;
}

type Client = Prisma.TransactionClient;

/** Every model whose rows have a tenant, and the tenant itself. */
type ScopedTables = {
  readonly [Model in keyof Client & string as Client[Model] extends HasTenant ? Model : never]: ScopedTable<
    Client[Model],
    { tenantId: TenantId }
  >;
} & { readonly tenant: Pick<ScopedTable<Client["tenant"], { id: TenantId }>, "findUnique"> };

interface HasTenant {
  [key: symbol]: { types: { payload: { scalars: { tenantId: string } } } };
}

/** What each call has to say beside what Prisma asks. A row never moves to another tenant. */
interface Demands<Own> {
  findFirst: { where: Own };
  findUnique: { where: Own };
  findMany: { where: Own };
  count: { where: Own };
  create: { data: Own };
  createMany: { data: readonly Own[] };
  createManyAndReturn: { data: readonly Own[] };
  update: { where: Own; data: Stays<Own> };
  updateMany: { where: Own; data: Stays<Own> };
  updateManyAndReturn: { where: Own; data: Stays<Own> };
  upsert: { where: Own; create: Own; update: Stays<Own> };
  delete: { where: Own };
  deleteMany: { where: Own };
}

type Stays<Own> = { [Key in keyof Own]?: never };

type ScopedTable<Table, Own> = {
  readonly [Call in keyof Demands<Own>]: <Args extends Prisma.Args<Table, Call> & Demands<Own>[Call]>(
    args: Prisma.Exact<Args, Prisma.Args<Table, Call> & Demands<Own>[Call]>,
  ) => Promise<Prisma.Result<Table, Args, Call>>;
};
