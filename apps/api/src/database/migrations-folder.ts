import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Where the migrations are: beside the build (`dist/prisma/migrations`, copied there by the build script) or, running
 * from sources, in the repository's top folder.
 *
 * @throws {Error} When neither exists: the installation is incomplete.
 */
export function findMigrationsFolder(): string {
  const built = fileURLToPath(new URL("../prisma/migrations", import.meta.url));
  if (existsSync(built)) return built;
  for (let folder = dirname(built); ; folder = dirname(folder)) {
    const candidate = join(folder, "prisma", "migrations");
    if (existsSync(join(candidate, "migration_lock.toml"))) return candidate;
    if (dirname(folder) === folder)
      throw new Error(`No prisma/migrations folder near ${built}: build the service again.`);
  }
}
