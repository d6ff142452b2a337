import type pg from "pg";
import type { Prisma, PrismaClient } from "../generated/prisma/client.js";
import type { TenantQuery } from "../repositories/index.js";
import { streamOf } from "./connection-stream.js";
import { assertTenantId, runUnit, runUnitOfWork, statementTimeoutMs } from "./unit-of-work.js";

/** Runs reads of one tenant, each of them a statement in a transaction of its own. */
export type TenantReadRunner = <T>(tenantId: string, work: (query: TenantQuery) => Promise<T>) => Promise<T>;

/** For the embedded database, whose one session acts as everybody in turn: all of `work` is one unit of work. */
export function embeddedTenantReads(prisma: PrismaClient): TenantReadRunner {
  return (tenantId, work) =>
    runUnitOfWork(prisma, { role: "isthmus_app", tenantId }, (client) =>
      work(<Row extends object>(statement: Prisma.Sql) => client.$queryRaw<Row[]>(statement)),
    );
}

/**
 * For a server: a unit of work in one round trip and with prepared statements, a sixth of what Prisma's interactive transaction
 * costs. Its four statements are sent at once (`pipeline` of the pool): begin, the switch of role and tenant, the
 * read, commit. Should one fail, PostgreSQL refuses the ones behind it until the transaction has ended.
 */
export function serverTenantReads(pool: pg.Pool): TenantReadRunner {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `isthmus_read_${names.size}`;
    names.set(text, name);
    return name;
  };
  return (tenantId, work) => {
    assertTenantId(tenantId);
    return runUnit(() =>
      work(async <Row extends object>({ text, values }: Prisma.Sql): Promise<Row[]> => {
        const client = await pool.connect();
        const stream = streamOf(client);
        // One packet to the server and not four.
        stream?.cork();
        const sending = Promise.allSettled([
          client.query("begin read only"),
          client.query({ name: "isthmus_switch", text: switchText, values: [tenantId] }),
          client.query<Row>({ name: nameOf(text), text, values }),
          client.query("commit"),
        ]);
        stream?.uncork();
        const sent = await sending;
        const failed = sent.find((each) => each.status === "rejected");
        // A session of which nobody knows in what state it is goes.
        client.release(failed !== undefined);
        if (failed !== undefined) throw failed.reason;
        return sent[2].status === "fulfilled" ? sent[2].value.rows : [];
      }),
    );
  };
}

// As every unit of work does: see runUnitOfWork.
const switchText = `select set_config('role', 'isthmus_app', true), set_config('app.tenant_id', $1, true),
  set_config('timezone', 'UTC', true), set_config('statement_timeout', '${statementTimeoutMs}', true)`;
