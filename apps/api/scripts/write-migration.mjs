// Writes the next migration: the difference between prisma/migrations and prisma/schema.prisma, by Prisma's own engine
// on a scratch PGlite. No database, no download, no build needed (Node ≥ 22.18 strips the types of the file imported).
//
//   pnpm --filter @isthmus/api migration add-sync-schedules
//
// Read what it wrote, then add by hand what Prisma cannot say: see prisma/migrations/README.md.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { diffMigrations, readMigrations } from "../src/database/schema-engine.ts";

const name = process.argv[2];
if (!name || !/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
  process.stderr.write("Usage: pnpm --filter @isthmus/api migration <name>, such as add-sync-schedules\n");
  process.exit(1);
}

const prismaFolder = fileURLToPath(new URL("../../../prisma/", import.meta.url));
const migrationsFolder = join(prismaFolder, "migrations");
const schema = await readFile(join(prismaFolder, "schema.prisma"), "utf8");
const pglite = await PGlite.create();
const target = {
  factory: new PrismaPGlite(pglite),
  executeScript: async (script) => {
    await pglite.exec(script);
  },
};
const script = await diffMigrations(target, await readMigrations(migrationsFolder), schema);
await pglite.close();

if (script === "") {
  process.stdout.write("The migrations already lead to schema.prisma: nothing to write.\n");
} else {
  const timestamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = join(migrationsFolder, `${timestamp}_${name.replaceAll("-", "_")}`);
  await mkdir(folder);
  await writeFile(join(folder, "migration.sql"), script);
  process.stdout.write(`Wrote ${join(folder, "migration.sql")}\n`);
}
