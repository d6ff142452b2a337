import type { SuiteDatabase } from "./databases.js";

/** Removes all tenants and rotations of keys: a rotation works at every tenant, those of other tests among them. */
export async function removeEverything({ database, queryPastGuards }: SuiteDatabase): Promise<void> {
  for (const { id } of await queryPastGuards("select id::text as id from tenants")) {
    await database.asSystem(({ tenants }) => tenants.delete(String(id), {}, { id: "cleanup", ip: "" }));
  }
  await queryPastGuards("delete from key_rotations returning id");
}
