import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

let server: Server;
let answers: string[];
let origin: string;
let transport: Transport;

beforeEach(async () => {
  answers = [];
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", () => socket.end(answers.shift() ?? ok));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  origin = `http://${host}`;
  transport = createTransport({
    allowedHosts: [],
    allowedPrivateHosts: [host],
    concurrency: 1,
    retry: { maxAttempts: 1 },
  });
});

afterEach(async () => {
  await transport.close();
  server.close();
});

describe("an answer that no server should send", () => {
  it.each([
    ["nothing", ""],
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n"],
    [
      "a protocol that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
    ["a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
    ["a chunk of no size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
    ["chunks without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"],
    ["a header without an end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`],
    ["only interim answers", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"],
    ["half a status line", "HTTP/1.1 2"],
    ["more than it said", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}{}{}"],
  ])("is an error or an answer, and the next request finds its place: %s", async (_name, bytes) => {
    for (const method of ["GET", "POST"] as const) {
      answers.push(bytes);
      const outcome = await transport.request({ method, url: origin }).then(
        (response) => response.text(),
        (error: unknown) => error,
      );
      if (typeof outcome === "string") expect(outcome).toBe("{}");
      else expect(outcome).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
      if (method === "POST" && typeof outcome !== "string") expect(outcome).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await transport.request({ method: "GET", url: origin })).status).toBe(200);
    }
  });
});
