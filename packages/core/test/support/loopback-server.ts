import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TlsOptions } from "node:tls";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Number of the connection it came over, from 0. */
  readonly connection: number;
}

/** Answers one request. The request's body has been read. */
export type Reply = (response: ServerResponse, request: SeenRequest) => void;

/** A real HTTP server on loopback whose answers a test writes down beforehand. */
export interface LoopbackServer {
  readonly origin: string;
  /** `127.0.0.1:<port>`, as `allowedPrivateHosts` wants it. */
  readonly host: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly openConnections: number;
  /** The next answers, in order. When none is left: 200 with `{"ok":true}`. */
  reply(...replies: readonly Reply[]): void;
  /** Answers every request for which {@link reply} has nothing left. */
  otherwise(reply: Reply): void;
  /** Resolves when the server has seen `count` requests in all. */
  seen(count: number): Promise<void>;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server; with `tls`, an HTTPS one. */
export async function startServer(tls?: TlsOptions): Promise<LoopbackServer> {
  const requests: SeenRequest[] = [];
  const queue: Reply[] = [];
  const sockets = new Map<Socket, number>();
  const watchers = new Set<() => void>();
  let otherwise = json({ ok: true });
  let accepted = 0;
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const until = (isTrue: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!isTrue()) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });

  const answer: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    // The caller may go away at any time: that is what some tests are about.
    request.on("error", changed);
    response.on("error", changed);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const seen: SeenRequest = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        connection: sockets.get(request.socket) ?? -1,
      };
      requests.push(seen);
      (queue.shift() ?? otherwise)(response, seen);
      changed();
    });
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.set(socket, accepted++);
    socket.on("error", changed);
    socket.on("close", () => {
      sockets.delete(socket);
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return accepted;
    },
    get openConnections() {
      return sockets.size;
    },
    reply: (...replies) => {
      queue.push(...replies);
    },
    otherwise: (reply) => {
      otherwise = reply;
    },
    seen: (count) => until(() => requests.length >= count),
    idle: () => until(() => sockets.size === 0),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return (response) => {
    const body = JSON.stringify(value);
    const length = String(Buffer.byteLength(body));
    response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers }).end(body);
  };
}

/** Takes the request and never answers. */
export function silence(): Reply {
  return () => undefined;
}

/** Ends the connection before any answer. */
export function reset(): Reply {
  return (response) => {
    response.socket?.resetAndDestroy();
  };
}

/** Promises a longer body than it sends, then ends the connection. */
export function cut(part = '{"half":', status = 200): Reply {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": "1000" });
    response.write(part, () => response.socket?.destroy());
  };
}

/** Sends the headers and a piece of the body, then nothing more. */
export function stall(part = '{"half":'): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write(part);
  };
}

/** Writes bytes as they are, in place of a real answer. */
export function raw(bytes: string): Reply {
  return (response) => {
    response.socket?.end(bytes);
  };
}
