import { defineConfig } from "prisma/config";

// `prisma generate` asks for an engine path although this generator runs none, and would download one. Any existing
// file satisfies it: migrations are run by the WASM engine (src/database/migrate.ts), never by a downloaded binary.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: "../../prisma/schema.prisma",
  migrations: { path: "../../prisma/migrations" },
});
