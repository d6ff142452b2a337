// The last step of the build: what the compiled service needs beside its code.
// - dist/prisma/migrations, so that dist alone is enough to run;
// - the snapshot of an empty, migrated embedded database, which makes a first start seconds faster.
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const migrations = fileURLToPath(new URL("../../../prisma/migrations", import.meta.url));
const copy = fileURLToPath(new URL("../dist/prisma/migrations", import.meta.url));
await rm(copy, { recursive: true, force: true });
await cp(migrations, copy, { recursive: true });

const { createSnapshot } = await import("../dist/database/create-snapshot.js");
await createSnapshot();
