import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring, silentLogger, Vault } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/database/connection.js";
import { openEmbedded } from "../../src/database/embedded.js";
import { createDatabase, type Database } from "../../src/database/open-database.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { LedgerConnections } from "../ledger/ledger-connections.js";
import { createLedgerServices } from "../ledger/ledger-services.js";
import { LedgerVendor } from "../ledger/ledger-vendor.js";
import { createTestTenant, type TestTenant } from "../support/test-data.js";
import { TokenProcess } from "./support/start-token-process.js";

// One process has the database to itself, so nobody but the next start can tell what the last one left behind.
describe("SEC-002 kill -9 of the only process, with the embedded database", () => {
  const keys = LocalKeyring.generate();
  const keyProvider = LocalKeyring.parse(keys);
  let vendor: LedgerVendor;
  let folder: string;
  let tenant: TestTenant;

  beforeAll(async () => {
    vendor = await LedgerVendor.start();
    folder = await mkdtemp(join(tmpdir(), "isthmus-embedded-faults-"));
    tenant = await withDatabase((database) => createTestTenant(database));
  });
  afterAll(async () => {
    await vendor.close();
    await rm(folder, { recursive: true });
  });

  async function withDatabase<Result>(work: (database: Database, connection: Connection) => Promise<Result>) {
    const connection = await openEmbedded(folder, { logger: silentLogger });
    try {
      return await work(createDatabase(connection), connection);
    } finally {
      await connection.close();
    }
  }
  const parts = () => ({
    keyProvider,
    vendorHost: new URL(vendor.origin).host,
    journalFolder: join(folder, "token-journal"),
  });
  const connect = (database: Database) => {
    const vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(database) });
    return new LedgerConnections({ database, vault, tenant, vendor }).connector();
  };
  /** What the next start makes of it, once the lease of the last one is over. */
  const goOn = async (id: string, database: Database, { prisma }: Connection) => {
    await prisma.$executeRaw`update connector_tokens set lease_until = now() where lease_until is not null`;
    const worker = new RefreshWorker(createLedgerServices({ database, ...parts() }));
    await worker.beginDue();
    await worker.settle();
    const place = { tenantId: tenant.tenantId, connectorId: id };
    const { status, version } = await database.asSystem(({ tokens }) => tokens.load(place));
    return { status, version };
  };

  it.each([
    ["before the claim", { status: "active", version: 2 }, 1],
    ["before the call", { status: "reconnect_required", version: 1 }, 0],
    ["answered, before the commit", { status: "reconnect_required", version: 1 }, 1],
    ["after the commit", { status: "active", version: 2 }, 1],
  ] as const)("at the point «%s» loses neither the row nor what it knew", async (point, expected, accepted) => {
    const id = await withDatabase(connect);
    const { vendorHost, journalFolder } = parts();
    const task = { database: { dataDirectory: folder }, keys, vendorHost, journalFolder, tenantId: tenant.tenantId };
    await using killed = await TokenProcess.start({ ...task, stopAt: point });
    void killed.tell({ do: "operate", connectorIds: [id] });
    await killed.reaches(point);
    await killed.kill();
    expect(await withDatabase((database, connection) => goOn(id, database, connection))).toEqual(expected);
    expect(vendor.seen(id)).toMatchObject({ accepted, reused: 0 });
  });
});
