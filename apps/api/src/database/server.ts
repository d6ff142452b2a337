import { type Clock, systemClock } from "@isthmus/core";
import pg from "pg";
import { PrismaClient } from "../generated/prisma/client.js";
import type { Connection, ConnectionOptions } from "./connection.js";
import { streamOf } from "./connection-stream.js";
import { migrate } from "./migrate.js";
import { createServerAdapter } from "./server-adapter.js";
import { ServerChannel } from "./server-channel.js";
import { assumeSystemRole, serverSystemRunner } from "./system-queries.js";
import { serverTenantLanes } from "./tenant-lanes.js";
import { serverTenantReads } from "./tenant-reads.js";
import { toUnavailable } from "./unavailable.js";
import { abandonedAfterMs } from "./unit-of-work.js";

/** What a server's pool is made with. */
export interface ServerOptions extends ConnectionOptions {
  /** Connections at the most. Default 10. */
  readonly poolSize?: number;
  /** Connections at the most for work without a tenant. Default 6. */
  readonly systemPoolSize?: number;
  /** Connections at the most for single reads of a tenant. Default 6: each is held for one round trip. */
  readonly readPoolSize?: number;
  /** Connections at the most for what syncs store. Default 4: they are given back while a vendor is waited for. */
  readonly lanePoolSize?: number;
  /** Milliseconds for a connection to stand. Default 5 000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds without a byte after which a connection counts as dead. Default 15 000: longer than any statement may
   * take, so that a server which vanished without a word (power, network) does not hold requests for the minutes that
   * TCP needs to notice.
   */
  readonly silenceMs?: number;
  /** By which the connection that wakes workers is tried again. Default: the machine's. */
  readonly clock?: Clock;
}

const defaultConnectTimeoutMs = 5_000;
const defaultSilenceMs = 15_000;

/**
 * Connects to a PostgreSQL server (16 or newer) and migrates it.
 *
 * @throws {DatabaseUnavailableError} When the server cannot be reached.
 */
export async function openServer(url: string, options: ServerOptions): Promise<Connection> {
  await migrateServer(url, options);
  const pool = openPool(url, options, options.poolSize ?? 10, endAbandonedUnits);
  const systemPool = openPool(url, options, options.systemPoolSize ?? 6, assumeSystemRole);
  const readPool = openPool(url, options, options.readPoolSize ?? 6, undefined, true);
  const lanePool = openPool(url, options, options.lanePoolSize ?? 4, endAbandonedUnits, true);
  const prisma = new PrismaClient({ adapter: createServerAdapter(pool), errorFormat: "minimal" });
  const { logger, connectTimeoutMs = defaultConnectTimeoutMs, clock = systemClock } = options;
  const channel = new ServerChannel({ url, connectTimeoutMs, clock, logger });
  return {
    kind: "server",
    prisma,
    asSystem: serverSystemRunner(systemPool),
    readAsTenant: serverTenantReads(readPool),
    openLane: serverTenantLanes(lanePool),
    channel,
    async close() {
      await channel.close();
      await prisma.$disconnect();
      await Promise.all([pool.end(), systemPool.end(), readPool.end(), lanePool.end()]);
    },
  };
}

function openPool(
  url: string,
  options: ServerOptions,
  max: number,
  onConnect?: (client: pg.ClientBase) => Promise<void>,
  pipeline = false,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    max,
    ...(onConnect && { onConnect }),
    ...(pipeline && { pipeline }),
    keepAlive: true,
    application_name: "isthmus",
  });
  // A connection that breaks while idle is only noted: the pool drops it, and the next use opens another.
  pool.on("error", (error) => options.logger.warn({ reason: error.message }, "idle database connection lost"));
  pool.on("connect", (client) => endWhenSilent(client, options.silenceMs ?? defaultSilenceMs));
  return pool;
}

/** A unit of work that is frozen, or whose machine is gone, gives up what it has locked: it had less time than that anyway. */
async function endAbandonedUnits(client: pg.ClientBase): Promise<void> {
  await client.query(`set idle_in_transaction_session_timeout = ${abandonedAfterMs}`);
}

/** Migrates over a session of its own, which ends with it: the lock, and settings, end with the session. */
export async function migrateServer(url: string, options: ServerOptions): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    // One connection: the advisory lock belongs to a session.
    max: 1,
    idleTimeoutMillis: 0,
    application_name: "isthmus-migrate",
  });
  pool.on("error", (error) => options.logger.warn({ reason: error.message }, "migration connection lost"));
  try {
    await migrate(
      {
        factory: createServerAdapter(pool),
        queryRows: async (sql) => (await pool.query<object>(sql)).rows,
        executeScript: async (script) => {
          await pool.query(script);
        },
      },
      options.logger,
    );
  } catch (error) {
    throw toUnavailable(error) ?? error;
  } finally {
    await pool.end();
  }
}

function endWhenSilent(client: pg.PoolClient, silenceMs: number): void {
  const stream = streamOf(client);
  stream?.setTimeout(silenceMs, () => stream.destroy(new Error("Connection terminated: the database was silent")));
}
