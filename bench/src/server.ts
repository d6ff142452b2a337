import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { vendors } from "./clients/index.js";

// A bare server in a process of its own: it replays recorded bodies, so that what is measured is the client alone.
const vendorName = process.argv[2] ?? "";
const vendor = vendors[vendorName];
if (!vendor) throw new Error(`No such vendor: ${vendorName}`);
const recording = (file: string) => readFileSync(new URL(`../recordings/${vendorName}/${file}`, import.meta.url));
const bodies = vendor.bodies?.(recording) ?? {
  retrieve: recording("retrieve.json"),
  create: recording("create.json"),
  query: recording("query.json"),
};

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const other = vendor.answerOther?.(request, recording);
    if (other) {
      response.writeHead(200, { ...vendor.headers?.(request), ...other.headers });
      response.end(other.body);
      return;
    }
    const body = vendor.isQuery(request.url ?? "")
      ? bodies.query
      : request.method === "POST"
        ? bodies.create
        : bodies.retrieve;
    response.writeHead(request.method === "POST" ? vendor.createdStatus : 200, {
      "content-type": "application/json;charset=UTF-8",
      "content-length": body.length,
      ...vendor.headers?.(request),
    });
    response.end(body);
  });
});
// A slow client that keeps its connections must not find them closed between two calls.
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});
