import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { vendors } from "./clients/index.js";

// A bare server in a process of its own: it replays recorded bodies, so that what is measured is the client alone.
const vendorName = process.argv[2] ?? "";
const vendor = vendors[vendorName];
if (!vendor) throw new Error(`No such vendor: ${vendorName}`);
const recording = (name: string) => readFileSync(new URL(`../recordings/${vendorName}/${name}.json`, import.meta.url));
const bodies = { retrieve: recording("retrieve"), create: recording("create"), query: recording("query") };

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const body = vendor.isQuery(request.url ?? "")
      ? bodies.query
      : request.method === "POST"
        ? bodies.create
        : bodies.retrieve;
    response.writeHead(request.method === "POST" ? vendor.createdStatus : 200, {
      "content-type": "application/json;charset=UTF-8",
      "content-length": body.length,
      "sforce-limit-info": "api-usage=18/15000",
    });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});
