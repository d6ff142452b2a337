/** One statement that no guard holds back, as `SuiteDatabase.queryPastGuards`. */
export type Query = (sql: string, ...values: unknown[]) => Promise<Record<string, unknown>[]>;

/** All rows of a tenant, by table: what another tenant must neither see nor change. */
export type TenantDump = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Every table that holds rows of tenants, with the column that says whose they are. */
export async function listTenantTables(query: Query): Promise<ReadonlyMap<string, string>> {
  const rows = await query(`
    select table_name::text as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id'
    order by 1`);
  return new Map([["tenants", "id"], ...rows.map(({ name }) => [String(name), "tenant_id"] as const)]);
}

/** Reads all rows of a tenant. */
export async function dumpTenant(query: Query, tenantId: string): Promise<TenantDump> {
  const tables = await listTenantTables(query);
  const parts = [...tables].map(
    ([table, column]) => `select '${table}' as name, coalesce(jsonb_agg(to_jsonb(r) order by r::text), '[]') as rows
      from "${table}" r where "${column}" = $1::uuid`,
  );
  const dumped = await query(parts.join(" union all "), tenantId);
  return Object.fromEntries(dumped.map(({ name, rows }) => [name, rows])) as TenantDump;
}

/**
 * Texts by which rows of `dump` are known: ids, hashes, names and whatever else is long enough and not in `own` as well.
 *
 * @param own - What belongs to whoever looks.
 */
export function findMarks(dump: TenantDump, own: TenantDump): ReadonlySet<string> {
  const known = textsOf(own);
  return new Set(
    [...textsOf(dump)].filter((text) => text.length >= 16 && !/^\d{4}-\d\d-\d\dT/.test(text) && !known.has(text)),
  );
}

function textsOf(value: unknown): Set<string> {
  if (typeof value === "string") return new Set([value]);
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...textsOf(inner)]));
}
