// A process that opens the embedded database of argv[2], makes a tenant in it, says so on stdout and stays.
import { silentLogger } from "@isthmus/core";
import { openDatabase } from "../../src/database/index.js";
import { createTestTenant } from "./test-data.js";

const dataDirectory = process.argv[2];
if (dataDirectory === undefined) throw new Error("Usage: hold-database <data directory>");
try {
  const database = await openDatabase({ dataDirectory, logger: silentLogger });
  const { tenantId } = await createTestTenant(database);
  process.stdout.write(`${JSON.stringify({ tenantId })}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
  process.stdout.write(`${JSON.stringify({ code, message: error instanceof Error ? error.message : "" })}\n`);
}
