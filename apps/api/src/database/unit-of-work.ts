import { AsyncLocalStorage } from "node:async_hooks";
import type { Prisma, PrismaClient } from "../generated/prisma/client.js";
import { NestedUnitOfWorkError } from "./errors.js";
import { mapDatabaseError } from "./map-error.js";

/** Who a transaction acts as. */
export type UnitOfWorkRole =
  /** Sees and makes rows of this tenant only. */
  | { readonly role: "isthmus_app"; readonly tenantId: string }
  /** May run the system's functions, and read no table. */
  | { readonly role: "isthmus_system" };

/** Milliseconds that one statement may take; a server ends it then. */
export const statementTimeoutMs = 10_000;
/** Milliseconds to wait for a free connection, and for the whole unit: it holds no other I/O than the database's. */
const limits = { maxWait: 5_000, timeout: 15_000 } as const;

/** Milliseconds after which a server ends the session of a unit that sends nothing: longer than a unit may take. */
export const abandonedAfterMs = 20_000;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// Which databases have a unit open in this asynchronous context. `open` turns false at its end: what was started inside
// and outlives it is free to begin its own.
const current = new AsyncLocalStorage<{ open: boolean }>();

/**
 * Runs `work` in one short transaction as the given role. Row-level security then holds for every statement in it, also
 * on the embedded database, whose user is a superuser.
 *
 * @throws {NestedUnitOfWorkError} When a unit of work is open already.
 * @throws {DatabaseUnavailableError} When the connection fails or a limit of time is reached.
 * @throws What `work` throws; the transaction is rolled back then.
 */
export async function runUnitOfWork<T>(
  prisma: PrismaClient,
  who: UnitOfWorkRole,
  work: (client: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  const tenantId = who.role === "isthmus_app" ? who.tenantId : "";
  if (who.role === "isthmus_app") assertTenantId(tenantId);
  return runUnit(() =>
    prisma.$transaction(async (client) => {
      // The time zone, because the driver adapters read and write times as if the session were at UTC.
      await client.$executeRaw`
        select set_config('role', ${who.role}, true), set_config('app.tenant_id', ${tenantId}, true),
          set_config('timezone', 'UTC', true), set_config('statement_timeout', ${String(statementTimeoutMs)}, true)`;
      return work(client);
    }, limits),
  );
}

/**
 * Runs `work` on a database, marked as a unit of work, and makes what the driver throws an error of ours.
 *
 * @throws {NestedUnitOfWorkError} When a unit of work is open already.
 */
export async function runUnit<T>(work: () => Promise<T>): Promise<T> {
  assertNoUnitOfWork();
  const unit = { open: true };
  try {
    return await current.run(unit, work);
  } catch (error) {
    throw mapDatabaseError(error);
  } finally {
    unit.open = false;
  }
}

/** @throws {TypeError} When it cannot be a tenant's id. */
export function assertTenantId(tenantId: string): void {
  if (!uuidPattern.test(tenantId)) throw new TypeError("A tenant id is a UUID.");
}

/** @throws {NestedUnitOfWorkError} When a unit of work is open here: another query would wait for it for ever. */
export function assertNoUnitOfWork(): void {
  if (current.getStore()?.open === true) throw new NestedUnitOfWorkError();
}
