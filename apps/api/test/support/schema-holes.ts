import type { Query } from "./tenant-dump.js";

/** What a tenant's role may do with each table, as letters of PostgreSQL: r(ead), a(ppend), w(rite), d(elete). */
export type Grants = Readonly<Record<string, string>>;

/** How a policy names the unit's tenant: read for each row, or once for each statement. */
const own = "(NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid";
const ownOnce = `( SELECT ${own} AS "nullif")`;

/**
 * Looks through the catalogue of a database for anything by which a tenant's unit of work could get past its tenant,
 * whatever tables and functions there are.
 *
 * @param expected - What `isthmus_app` is to be granted; `""` = nothing.
 * @returns One line for each hole.
 */
export async function findHoles(query: Query, expected: Grants): Promise<string[]> {
  const lines = async (sql: string, ...values: unknown[]) =>
    (await query(sql, ...values)).map(({ hole }) => String(hole));
  const tables = `pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and c.relname <> '_prisma_migrations'`;
  const hasTenant = (oid: string) =>
    `exists (select from pg_attribute a where a.attrelid = ${oid} and a.attname = 'tenant_id' and not a.attisdropped)`;
  return [
    ...(await lines(`select relname || ': row-level security is not forced' as hole from ${tables}
      and not (relrowsecurity and relforcerowsecurity)`)),
    ...(await lines(
      `select relname || ': no policy keeps a tenant to its own rows' as hole from ${tables}
      and (c.relname = 'tenants' or ${hasTenant("c.oid")}) and not exists (
        select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polpermissive
          and p.polroles = array['isthmus_app'::regrole::oid]
          and pg_get_expr(p.polqual, c.oid) = pg_get_expr(p.polwithcheck, c.oid)
          and pg_get_expr(p.polqual, c.oid) = any (
            select format('(%s = %s)', case c.relname when 'tenants' then 'id' else 'tenant_id' end, own) from unnest($1::text[]) own
          ))`,
      [own, ownOnce],
    )),
    ...(await lines(`select polrelid::regclass || ': policy ' || polname || ' is for more than the owner' as hole
      from pg_policy where polname <> 'tenant_isolation' and polpermissive
        and polroles <> array[(select relowner from pg_class where oid = polrelid)]`)),
    ...(await findGrants(query, expected)),
    ...(await lines(`select p.oid::regprocedure || ': open to a tenant' as hole from pg_proc p
      where pronamespace = 'public'::regnamespace and has_function_privilege('isthmus_app', oid, 'execute')`)),
    ...(await lines(`select p.oid::regprocedure || ': runs as its owner on any search path' as hole from pg_proc p
      where pronamespace = 'public'::regnamespace and prosecdef
        and proconfig is distinct from array['search_path=pg_catalog, pg_temp']`)),
    ...(await lines(`select rolname || ': more than a role that owns nothing' as hole from pg_roles
      where rolname in ('isthmus_app', 'isthmus_system')
        and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb or rolreplication
          or exists (select from pg_auth_members where member = pg_roles.oid)
          or exists (select from pg_class where relowner = pg_roles.oid)
          or exists (select from pg_proc where proowner = pg_roles.oid))`)),
    ...(await lines(`select nspname || ': a tenant can make things in this schema' as hole from pg_namespace
      where has_schema_privilege('isthmus_app', oid, 'create') and nspname !~ '^pg_(toast_)?temp_'`)),
    // A reference that leaves out the tenant could lead to another one's row.
    ...(await lines(`select conrelid::regclass || ': ' || conname || ' refers across tenants' as hole from pg_constraint k
      where contype = 'f' and ${hasTenant("conrelid")} and ${hasTenant("confrelid")} and not exists (
        select from unnest(conkey, confkey) as pair (ours, theirs)
        join pg_attribute o on o.attrelid = conrelid and o.attnum = ours and o.attname = 'tenant_id'
        join pg_attribute t on t.attrelid = confrelid and t.attnum = theirs and t.attname = 'tenant_id')`)),
  ];
}

/** Everything of the schema that a tenant's role may touch: tables, single columns, views, sequences. */
async function findGrants(query: Query, expected: Grants): Promise<string[]> {
  const rows = await query(`
    select relname as name, relkind in ('r', 'p') as "isTable", coalesce((
      select string_agg(distinct left(privilege, 4) , ',' order by left(privilege, 4)) from (
        select privilege_type from aclexplode(c.relacl) where grantee in (0, 'isthmus_app'::regrole)
        union all
        select privilege_type from pg_attribute a, aclexplode(a.attacl) where a.attrelid = c.oid
          and grantee in (0, 'isthmus_app'::regrole)
      ) as granted (privilege)
    ), '') as granted
    from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')`);
  const letters: Readonly<Record<string, string>> = { SELE: "r", INSE: "a", UPDA: "w", DELE: "d", USAG: "U" };
  return rows.flatMap(({ name, granted }) => {
    const found = String(granted)
      .split(",")
      .filter(Boolean)
      .map((each) => letters[each] ?? each)
      .sort()
      .join("");
    const wanted = [...(expected[String(name)] ?? "")].sort().join("");
    return found === wanted ? [] : [`${name}: a tenant may "${found}" in place of "${wanted}"`];
  });
}

/** Ways to open a database, each with the beginning of what is said of it. They can be there all at once. */
export const openings: readonly (readonly [sql: string, hole: string])[] = [
  ["alter table connectors no force row level security", "connectors: row-level security is not forced"],
  ["alter table users disable row level security", "users: row-level security is not forced"],
  ["create table things (id uuid, tenant_id uuid)", "things: row-level security is not forced"],
  ["comment on table things is 'of tenants'", "things: no policy keeps"],
  ["drop policy tenant_isolation on data_keys", "data_keys: no policy keeps"],
  ["alter policy tenant_isolation on connectors using (true)", "connectors: no policy keeps"],
  ["alter policy tenant_isolation on tenants with check (true)", "tenants: no policy keeps"],
  ["alter policy tenant_isolation on api_keys to public", "api_keys: no policy keeps"],
  [
    "alter policy tenant_isolation on records using (tenant_id = (select max(tenant_id::text)::uuid from users))",
    "records: no policy keeps",
  ],
  ["create policy visitors on connectors to isthmus_app using (true)", "connectors: policy visitors"],
  ["alter policy system_functions on connectors to public", "connectors: policy system_functions"],
  ["grant delete on data_keys to isthmus_app", 'data_keys: a tenant may "adrw"'],
  ["grant truncate on users to isthmus_app", 'users: a tenant may "TRUNarw"'],
  ["grant update on audit_events to public", 'audit_events: a tenant may "arw"'],
  ["grant select (details) on platform_events to isthmus_app", 'platform_events: a tenant may "r"'],
  ["create view everything as select * from connectors", ""],
  ["grant select on everything to isthmus_app", 'everything: a tenant may "r"'],
  ["grant execute on function isthmus_list_tenants to isthmus_app", "isthmus_list_tenants(uuid,integer): open"],
  ["create function door() returns int language sql as 'select 1'", "door(): open to a tenant"],
  ["alter function isthmus_list_tenants reset search_path", "isthmus_list_tenants(uuid,integer): runs as its owner"],
  ["alter role isthmus_system bypassrls", "isthmus_system: more than"],
  ["grant pg_read_all_data to isthmus_app", "isthmus_app: more than"],
  ["grant create on schema public to isthmus_app", "public: a tenant can make"],
  ["create unique index alone on users (id)", ""],
  ["alter table api_keys add constraint loose foreign key (user_id) references users (id)", "api_keys: loose refers"],
];
