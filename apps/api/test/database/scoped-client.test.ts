import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Prisma } from "../../src/generated/prisma/client.js";
import { scopedSql, type TenantScope } from "../../src/repositories/scope.js";

/**
 * What does not compile. Never called: `pnpm typecheck` reports each `@ts-expect-error` below whose line would compile.
 *
 * @param requested - A tenant's id as a request names it.
 */
export async function leaveTheTenant({ client, tenantId }: TenantScope, requested: string): Promise<void> {
  const { connector, connectorToken, inboundDelivery } = client;
  const data = { email: "x@example.com", name: "x", roles: [], id: "x" };

  // @ts-expect-error: reads without any condition
  await connector.findMany();
  // @ts-expect-error: reads of every tenant
  await connector.findMany({ where: { id: requested } });
  // @ts-expect-error: one by its id alone
  await connector.findUnique({ where: { id: requested } });
  // @ts-expect-error: a tenant that somebody else named
  await connector.findFirst({ where: { tenantId: requested, id: "x" } });
  // @ts-expect-error: another tenant beside one's own
  await connector.findMany({ where: { OR: [{ tenantId }, { tenantId: requested }] } });
  // @ts-expect-error: an operator in place of the tenant
  await connector.findMany({ where: { tenantId: { not: tenantId } } });
  // @ts-expect-error: counts of every tenant
  await connector.count({ where: { isActive: true } });

  // @ts-expect-error: a row of no tenant
  await client.user.create({ data });
  // @ts-expect-error: a row of another one
  await client.user.create({ data: { ...data, tenantId: requested } });
  // @ts-expect-error: one of several rows
  await client.user.createMany({ data: [{ ...data, tenantId }, data] });
  // @ts-expect-error: changes of every tenant's rows
  await connector.updateMany({ where: { isActive: true }, data: { isActive: false } });
  // @ts-expect-error: a row that moves
  await connector.updateMany({ where: { tenantId }, data: { tenantId: requested } });
  // @ts-expect-error: removes every tenant's rows
  await inboundDelivery.deleteMany({ where: { endpointId: requested } });
  // @ts-expect-error: makes where it does not find, for another
  await connectorToken.upsert({ where: { tenantId, connectorId: "x" }, create: { connectorId: "x" }, update: {} });
  // @ts-expect-error: another tenant itself
  await client.tenant.findUnique({ where: { id: requested } });

  // @ts-expect-error: SQL that names no tenant
  await client.$queryRaw`select 1 from connectors where id = ${requested}::uuid`;
  // @ts-expect-error: SQL that names one by a plain string
  await client.$executeRaw`delete from connectors where tenant_id = ${requested}::uuid`;
  // @ts-expect-error: a statement of which no part names the tenant
  await client.$queryRaw(Prisma.sql`select 1 from connectors`);
  // @ts-expect-error: a part that does not
  scopedSql`id = ${requested}::uuid`;
  // @ts-expect-error: SQL as plain text
  await client.$queryRawUnsafe("select 1");
  // @ts-expect-error: a table of the platform's
  await client.platformEvent.findMany({ where: {} });
  // @ts-expect-error: another transaction
  client.$transaction([]);

  // Compiles, so that the lines above fail for what they are about.
  await connector.findMany({ where: { tenantId, OR: [{ id: requested }, { isActive: true }] } });
  await client.user.create({ data: { ...data, tenantId } });
  await connector.updateMany({ where: { tenantId, id: requested }, data: { isActive: false } });
  await client.$queryRaw`select 1 from connectors where id = ${requested}::uuid and tenant_id = ${tenantId}::uuid`;
  await client.$queryRaw(scopedSql`select 1 from connectors where tenant_id = ${tenantId}::uuid`);
}

describe("the client that repositories get", () => {
  it("is the only way to a tenant's rows: no source holds SQL as plain text, or makes a scope elsewhere", () => {
    const folder = fileURLToPath(new URL("../../src/", import.meta.url));
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const files = all.filter((file) => file.endsWith(".ts")).map((file) => file.replaceAll("\\", "/"));
    const holding = (pattern: RegExp) =>
      files.filter((file) => !/^generated\b/.test(file) && pattern.test(readFileSync(folder + file, "utf8"))).sort();
    expect(files.length).toBeGreaterThan(100);
    expect(holding(/RawUnsafe|Prisma\.raw\b|\bas (unknown as )?(TenantId|ScopedSql|ScopedClient)\b/)).toEqual([
      "repositories/record-batch-lane.ts",
      "repositories/scope.ts",
      "repositories/tenant-reads.ts",
    ]);
    expect(holding(/createTenantScope\(|createTenantRepositories\(/)).toEqual([
      "database/open-database.ts",
      "repositories/index.ts",
      "repositories/scope.ts",
    ]);
  });
});
