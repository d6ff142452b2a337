import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";

// How vitest's main process, the keeper of the databases and the test files talk: one POST for each request, its name is
// the path, answered with JSON.

/**
 * Listens on a free port of this machine and answers each request with what `answer` returns for its path.
 *
 * @returns The origin.
 */
export async function startHttp(server: Server, answer: (path: string) => Promise<object>): Promise<string> {
  server.on("request", (request: IncomingMessage, response) => {
    const send = (status: number, body: object) => {
      // No kept connection outlives its request, so ending needs to wait for none.
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(body));
    };
    answer(request.url ?? "/").then(
      (body) => send(200, body),
      (error: unknown) => send(500, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

/**
 * Sends a request to {@link startHttp}'s server.
 *
 * @throws {Error} With the text of what failed there.
 */
export async function ask(origin: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(origin + path, { method: "POST" });
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new TypeError(`${path} answered no object.`);
  if (!response.ok) throw new Error(`${path}: ${Reflect.get(body, "error")}`);
  return { ...body };
}
