import type pg from "pg";
import type { Prisma, PrismaClient } from "../generated/prisma/client.js";
import type { SystemQuery } from "../repositories/client.js";
import { runUnit, runUnitOfWork, statementTimeoutMs } from "./unit-of-work.js";

/** Runs work without a tenant: each of its statements calls one function of `isthmus_system`. */
export type SystemRunner = <T>(work: (query: SystemQuery) => Promise<T>) => Promise<T>;

/**
 * All of `work` is one transaction: for the embedded database, whose one session acts as everybody in turn, and where an
 * effect and the note of it are to be committed together.
 */
export function transactionSystemRunner(prisma: PrismaClient): SystemRunner {
  return (work) =>
    runUnitOfWork(prisma, { role: "isthmus_system" }, (client) =>
      work(<Row extends object>(statement: Prisma.Sql) => client.$queryRaw<Row[]>(statement)),
    );
}

/**
 * For a server, over sessions that act as isthmus_system from their beginning ({@link assumeSystemRole}): each statement is
 * a transaction and one round trip, a fifth of what Prisma's interactive transaction costs. Keys are looked up with every
 * request and token sets land with every renewal.
 */
export function serverSystemRunner(pool: pg.Pool): SystemRunner {
  const names = new Map<string, string>();
  // Prepared once for each session. There are as many texts as the repository has methods.
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `isthmus_${names.size}`;
    names.set(text, name);
    return name;
  };
  const query = async <Row extends object>({ text, values }: Prisma.Sql): Promise<Row[]> =>
    (await pool.query<Row>({ name: nameOf(text), text, values })).rows;
  return (work) => runUnit(() => work(query));
}

/** Makes a new session one of isthmus_system, for as long as it lasts. A pool gives none out that could not become that. */
export async function assumeSystemRole(client: pg.ClientBase): Promise<void> {
  // A claim has to be on the disk before a vendor is called, whatever the server's own setting says. The role comes last: an
  // administrator may have left set_config to the owner alone.
  await client.query(`set timezone = 'UTC'; set statement_timeout = ${statementTimeoutMs};
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
    set role isthmus_system`);
}
