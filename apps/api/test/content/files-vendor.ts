import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A vendor that keeps files. What it does with a request is the test's word. */
export interface FilesVendor {
  /** Origin. */
  readonly url: string;
  readonly host: string;
  /** Requests so far: method, path, media type. */
  readonly requests: readonly string[];
  /** Connections that are open now. */
  readonly openConnections: number;
  /** Answers the next requests. */
  handle: (request: IncomingMessage, response: ServerResponse) => unknown;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startFilesVendor(): Promise<FilesVendor> {
  const requests: string[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    requests.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? ""}`.trim());
    if (request.url === "/account") response.end("{}");
    else vendor.handle(request, response);
  });
  server.on("connection", (socket) => {
    open += 1;
    socket.on("close", () => {
      open -= 1;
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const vendor: FilesVendor = {
    url: `http://${host}`,
    host,
    requests,
    get openConnections() {
      return open;
    },
    handle: (_request, response) => response.writeHead(404).end(),
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
  return vendor;
}

/** Answers with as many bytes as it is let, no faster than they are taken. @returns how many it has handed to its socket. */
export function pour(response: ServerResponse, totalBytes: number): { readonly handedOver: number } {
  const piece = Buffer.alloc(64 * 1024, "x");
  const state = { handedOver: 0 };
  const write = () => {
    while (state.handedOver < totalBytes) {
      state.handedOver += piece.length;
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.on("drain", write);
  write();
  return state;
}
