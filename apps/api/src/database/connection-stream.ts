import { Socket } from "node:net";
import type pg from "pg";

/** The socket of a session; `undefined` should a later release of pg keep it elsewhere. */
export function streamOf(client: pg.ClientBase): Socket | undefined {
  const connection: unknown = Reflect.get(client, "connection");
  const stream: unknown =
    typeof connection === "object" && connection !== null ? Reflect.get(connection, "stream") : undefined;
  return stream instanceof Socket ? stream : undefined;
}
