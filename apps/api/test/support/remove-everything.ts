import type { SuiteDatabase } from "./databases.js";

/** Removes all tenants, rotations of keys and the platform's audit: a rotation works at all of them, those of other tests too. */
export async function removeEverything({ database, queryPastGuards }: SuiteDatabase): Promise<void> {
  for (const { id } of await queryPastGuards("select id::text as id from tenants")) {
    await database.asSystem(({ tenants }) => tenants.delete(String(id), {}, { id: "cleanup", ip: "" }));
  }
  for (const table of ["key_rotations", "platform_events", "platform_keys", "audit_heads"]) {
    await queryPastGuards(`delete from ${table} returning 1 as one`);
  }
}
