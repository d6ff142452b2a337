import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { silentLogger } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/database/connection.js";
import { createDatabase, type Database, openDatabase } from "../../src/database/open-database.js";
import { openServer } from "../../src/database/server.js";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { startTestServer, type TestServer } from "../support/databases.js";
import { createTestTenant } from "../support/test-data.js";

const unavailable = { code: "DATABASE_UNAVAILABLE", retryable: true };

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

describe("a database that is away", () => {
  let server: TestServer;
  let url: string;
  let connection: Connection;
  let database: Database;
  let tenantId: string;

  beforeAll(async () => {
    server = await startTestServer();
    url = await server.createDatabase();
    connection = await openServer(url, { logger: silentLogger });
    database = createDatabase(connection);
    tenantId = (await createTestTenant(database)).tenantId;
  });
  afterAll(async () => {
    await connection.close();
    await server.destroy();
  });

  const work = () => database.asTenant(tenantId, (repositories) => repositories.tenant.find());

  it("answers DATABASE_UNAVAILABLE while it is stopped and works again when it is back, without a restart", async () => {
    await Promise.all(Array.from({ length: 12 }, work)); // connections in the pool, which the stop breaks
    await server.stop();
    for (const call of [
      work,
      work,
      () => database.ping(),
      () => database.asSystem((system) => system.findApiKey("x")),
    ]) {
      await expect(call()).rejects.toMatchObject(unavailable);
    }
    await expect(openDatabase({ url, logger: silentLogger })).rejects.toMatchObject(unavailable);
    await server.start();
    await database.ping();
    expect(await work()).toMatchObject({ id: tenantId });
  });

  it("answers so when the server ends a connection in the middle of a unit of work", async () => {
    const admin = await server.connectAsSuperuser(url);
    const unit = runUnitOfWork(connection.prisma, { role: "isthmus_app", tenantId }, async (client) => {
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'");
      return client.$queryRaw`select 1`;
    });
    await expect(unit).rejects.toMatchObject(unavailable);
    await admin.end();
    expect(await work()).toMatchObject({ id: tenantId });
  });

  it("answers so when a statement takes too long, and the connection stays usable", async () => {
    const unit = runUnitOfWork(connection.prisma, { role: "isthmus_app", tenantId }, async (client) => {
      await client.$executeRaw`select set_config('statement_timeout', '30', true)`;
      return client.$queryRaw`select 1 as one from pg_sleep(10)`;
    });
    await expect(unit).rejects.toMatchObject(unavailable);
    expect(await work()).toMatchObject({ id: tenantId });
  });

  it("answers so when all connections are taken for too long", async () => {
    // The limit is that of a new connection, too: on a busy machine one takes its time.
    const small = await openServer(url, { logger: silentLogger, poolSize: 1, connectTimeoutMs: 1_000 });
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const holding = runUnitOfWork(small.prisma, { role: "isthmus_system" }, async () => {
      started.resolve();
      await release.promise;
    });
    await Promise.race([started.promise, holding]);
    const waiting = runUnitOfWork(small.prisma, { role: "isthmus_system" }, async () => undefined);
    await expect(waiting).rejects.toMatchObject(unavailable);
    release.resolve();
    await holding;
    await small.close();
  });

  it("answers so when whoever accepts the connection says nothing", async () => {
    const mute = createServer();
    const muteUrl = new URL(url);
    muteUrl.port = String(await listen(mute));
    const opening = openServer(muteUrl.href, { logger: silentLogger, connectTimeoutMs: 200 });
    await expect(opening).rejects.toMatchObject(unavailable);
    mute.close();
  });

  it("answers so when an open connection falls silent, and uses a new one afterwards", async () => {
    const target = new URL(url);
    const serverPort = Number(target.port);
    const sockets: Socket[] = [];
    let silent = false;
    // A network that swallows everything from a moment on, without closing anything.
    const network = createServer((socket) => {
      const upstream = connect(serverPort, "127.0.0.1");
      sockets.push(socket, upstream);
      socket.on("data", (data) => silent || upstream.write(data));
      upstream.on("data", (data) => socket.write(data));
      for (const each of [socket, upstream]) each.on("error", () => each.destroy());
      socket.on("close", () => upstream.destroy());
      upstream.on("close", () => socket.destroy());
    });
    target.port = String(await listen(network));
    const through = await openServer(target.href, { logger: silentLogger, poolSize: 1, silenceMs: 300 });
    const throughDatabase = createDatabase(through);
    const call = () => throughDatabase.asTenant(tenantId, (repositories) => repositories.tenant.find());
    expect(await call()).toMatchObject({ id: tenantId });
    silent = true;
    await expect(call()).rejects.toMatchObject(unavailable);
    silent = false;
    expect(await call()).toMatchObject({ id: tenantId });
    await through.close();
    for (const socket of sockets) socket.destroy();
    network.close();
  });
});
