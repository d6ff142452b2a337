import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const apiFolder = fileURLToPath(new URL("../../", import.meta.url));
const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;

// Each case starts processes that make a database from nothing; on a machine with other work that takes its time.
describe("the snapshot of a new embedded database", { timeout: 90_000 }, () => {
  // A copy of the sources with the layout of a build: the snapshot and the migrations stand beside the code.
  let folder: string;
  let built: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isthmus-snapshot-"));
    built = join(folder, "build");
    for (const part of ["database", "repositories", "generated"]) {
      await cp(join(apiFolder, "src", part), join(built, part), { recursive: true });
    }
    await cp(join(apiFolder, "../../prisma/migrations"), join(built, "prisma/migrations"), { recursive: true });
    await symlink(join(apiFolder, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    await runBuilt(`await (await import("${built}/database/create-snapshot.ts")).createSnapshot();`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function runBuilt(code: string): Promise<string> {
    // Without V8's optimising compiler: it takes longer than these short processes gain by it.
    const flags = ["--liftoff-only", "--import", sources, "--input-type=module"];
    const { stdout } = await run(process.execPath, [...flags, "--eval", code], { cwd: folder });
    return stdout;
  }

  /** Opens a new database in a process that cannot migrate, and answers what it saw. */
  const openNew = (dataDirectory: string) =>
    runBuilt(`
      const { openDatabase } = await import("${built}/database/index.ts");
      const lines = [];
      const note = (fields, message) => lines.push(message);
      const logger = { debug: note, info: note, warn: note, error: note };
      for (let time = 0; time < 2; time++) {
        const database = await openDatabase({ dataDirectory: "${dataDirectory}", logger });
        const { rows } = await database.asSystem((system) => system.listTenants({ limit: 1 }));
        lines.push("tenants: " + rows.length);
        await database.close();
      }
      process.stdout.write(JSON.stringify(lines));
    `);

  it("makes it without running a migration, and it can be opened again", async () => {
    const answer = JSON.parse(await openNew(join(folder, "with-snapshot")));
    expect(answer).toEqual(["tenants: 0", "tenants: 0"]);
  });

  it("is not used when it was made of other migrations: the database is migrated then", async () => {
    const manifest = join(built, "database-snapshot.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, text.replace("_init ", "_older "));
    const answer = JSON.parse(await openNew(join(folder, "without-snapshot")));
    expect(answer).toEqual(["database migrated", "tenants: 0", "tenants: 0"]);
    await writeFile(manifest, text);
  });
});
