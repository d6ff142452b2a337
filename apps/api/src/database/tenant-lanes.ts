import type pg from "pg";
import type { Prisma, PrismaClient } from "../generated/prisma/client.js";
import type { TenantLane } from "../repositories/index.js";
import { streamOf } from "./connection-stream.js";
import { assertTenantId, runUnit, runUnitOfWork, statementTimeoutMs } from "./unit-of-work.js";

/** Opens a lane of one tenant. It holds nothing while nothing of it is under way. */
export type TenantLaneOpener = (tenantId: string) => TenantLane;

/** For the embedded database, whose one session does one thing after the other: each transaction is a unit of work. */
export function embeddedTenantLanes(prisma: PrismaClient): TenantLaneOpener {
  return (tenantId) => {
    let before: Promise<unknown> = Promise.resolve();
    return {
      send(statements) {
        const sent = before.then(() =>
          runUnitOfWork(prisma, { role: "isthmus_app", tenantId }, async (client) => {
            const rows: object[][] = [];
            for (const statement of statements) rows.push(await client.$queryRaw<object[]>(statement));
            return rows;
          }),
        );
        before = sent.catch(() => undefined);
        return sent;
      },
    };
  };
}

/**
 * For a server: the transactions of a lane go to one session, each in one packet, and the next one while the one before is
 * under way, so that the server never waits for this process (`pipeline` of the pool). The guards are those of a unit of work.
 * Should a statement fail, PostgreSQL refuses the ones behind it until its transaction has ended; what comes after is done.
 */
export function serverTenantLanes(pool: pg.Pool): TenantLaneOpener {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `isthmus_lane_${names.size}`;
    names.set(text, name);
    return name;
  };
  return (tenantId) => {
    assertTenantId(tenantId);
    const session = new SharedSession(pool);
    return {
      send: (statements) => runUnit(() => session.use((client) => sendAll(client, tenantId, statements, nameOf))),
    };
  };
}

async function sendAll(
  client: pg.PoolClient,
  tenantId: string,
  statements: readonly Prisma.Sql[],
  nameOf: (text: string) => string,
): Promise<object[][]> {
  const stream = streamOf(client);
  stream?.cork();
  const begun = client.query("begin");
  const switched = client.query({ name: "isthmus_lane_switch", text: switchText, values: [tenantId] });
  const answers = statements.map(({ text, values }) =>
    client.query<object>({ name: nameOf(text), text, values: [...values] }),
  );
  const committed = client.query("commit");
  stream?.uncork();
  const ends = await Promise.allSettled([begun, switched, ...answers, committed]);
  const failed = ends.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return Promise.all(answers.map(async (answer) => (await answer).rows));
}

/** A session of a pool for uses that overlap: given back when nobody uses it, or as soon as others wait for one. */
class SharedSession {
  readonly #pool: pg.Pool;
  #client: Promise<pg.PoolClient> | undefined;
  #users = 0;
  #isSpoilt = false;
  #free: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    while (this.#users > 0 && (this.#isSpoilt || this.#pool.waitingCount > 0)) await this.#free.promise;
    this.#users += 1;
    this.#client ??= this.#pool.connect();
    const held = this.#client;
    try {
      return await work(await held);
    } catch (error) {
      // A session of which nobody knows in what state it is goes.
      this.#isSpoilt = true;
      throw error;
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#giveBack(held);
    }
  }

  async #giveBack(held: Promise<pg.PoolClient>): Promise<void> {
    const [isSpoilt, free] = [this.#isSpoilt, this.#free];
    this.#client = undefined;
    this.#isSpoilt = false;
    this.#free = Promise.withResolvers();
    // There is none where the pool gave none.
    const [client] = await Promise.allSettled([held]);
    if (client.status === "fulfilled") client.value.release(isSpoilt);
    free.resolve();
  }
}

// As every unit of work does: see runUnitOfWork. Plans are kept with the session: one that was made while a table was small has to
// go by its keys when it is large.
const switchText = `select set_config('role', 'isthmus_app', true), set_config('app.tenant_id', $1, true),
  set_config('timezone', 'UTC', true), set_config('statement_timeout', '${statementTimeoutMs}', true),
  set_config('enable_seqscan', 'off', true)`;
