import { DatabaseUnavailableError } from "./errors.js";

// Prisma: P1001 not reachable, P1002 and P1008 timeout, P1017 connection closed, P2024 pool, P2028 no transaction in
// time, P2034 deadlock, P2037 too many connections, P1000/P1003/P1010 login or database refused.
const prismaCodes = /^P(1000|1001|1002|1003|1008|1010|1011|1017|2024|2028|2034|2037)$/;
// PostgreSQL: 08 connection, 53 resources, 57 operator intervention and statement timeout, 58 system error, 40 rollback
// (deadlock), 55P03 lock timeout, 28 login refused, 3D database missing, 25006 read-only (a failover under way).
const sqlStates = /^(08...|53...|57...|58...|40001|40P01|55P03|28...|3D000|25006)$/;
const socketCodes =
  /^(E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|ENOENT|EACCES)$/;
// What Prisma's driver adapters make of the driver's errors.
const adapterKinds =
  /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TlsConnectionError|TooManyConnections|AuthenticationFailed|DatabaseAccessDenied|DatabaseDoesNotExist|TransactionWriteConflict|TransactionAlreadyClosed)$/;
// pg and pg-pool have no codes for these.
const messages =
  /connection (terminated|ended|timeout|closed)|timeout exceeded when trying to connect|query read timeout|client (has encountered a connection error|was closed)|cannot use a pool after|not queryable|is closed/i;

/**
 * The typed error when `error`, or anything that caused it, is a failure of the connection or a timeout; else
 * `undefined`. Knows Prisma's, PostgreSQL's, the driver's and the socket's ways to say so.
 */
export function toUnavailable(error: unknown): DatabaseUnavailableError | undefined {
  for (const layer of unwrap(error)) {
    const code = readText(layer, "code") ?? readText(layer, "originalCode");
    if (code !== undefined && (prismaCodes.test(code) || sqlStates.test(code) || socketCodes.test(code))) {
      return new DatabaseUnavailableError(`${describe(code)} (${code})`);
    }
    const kind = readText(layer, "kind");
    if (kind !== undefined && adapterKinds.test(kind)) return new DatabaseUnavailableError(`it reports ${kind}`);
    const message = readText(layer, "message");
    if (message !== undefined && messages.test(message)) return new DatabaseUnavailableError("the connection was lost");
  }
  return undefined;
}

/** An error and what it wraps: causes, aggregated errors, and the driver's error inside Prisma's `meta`. */
export function unwrap(error: unknown, depth = 0): object[] {
  if (typeof error !== "object" || error === null || depth > 6) return [];
  const inner: unknown[] = [
    Reflect.get(error, "cause"),
    Reflect.get(error, "meta"),
    Reflect.get(error, "driverAdapterError"),
  ];
  if (error instanceof AggregateError) inner.push(...error.errors);
  return [error, ...inner.flatMap((each) => unwrap(each, depth + 1))];
}

function readText(value: object, key: string): string | undefined {
  const text: unknown = Reflect.get(value, key);
  return typeof text === "string" ? text : undefined;
}

function describe(code: string): string {
  if (/^(P1000|P1010|28...)$/.test(code)) return "it refused the login";
  if (/^(P1003|3D000)$/.test(code)) return "the database does not exist";
  if (/^(57014|55P03|P2024|P2028|P2034|P2037|40.*|53.*)$/.test(code)) return "it is too busy";
  return "no connection";
}
