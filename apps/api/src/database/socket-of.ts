import { Socket } from "node:net";
import type pg from "pg";

/** The socket under a session, which the driver does not offer; `undefined` where it is none of Node's (a TLS socket is). */
export function socketOf(client: pg.PoolClient): Socket | undefined {
  const connection: unknown = Reflect.get(client, "connection");
  const stream: unknown =
    typeof connection === "object" && connection !== null ? Reflect.get(connection, "stream") : undefined;
  return stream instanceof Socket ? stream : undefined;
}
