import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { gatewayAnswers, makePage } from "../clients/sap-service.js";

// SAP Gateway with a large set: 1,000 entities a page, each page naming the next one by `__next`.
const total = Number(process.argv[2] ?? 100_000);
const size = 1_000;
const recording = (file: string) => readFileSync(new URL(`../../recordings/sap-v2/${file}`, import.meta.url));
const gateway = gatewayAnswers("v2");
const marker = "NEXT";
// Made once: the server must cost the clients nothing.
const [before = "", after = ""] = makePage("v2", recording("retrieve.json").toString(), size, marker).split(marker);
const last = makePage("v2", recording("retrieve.json").toString(), size);

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  const other = gateway.answerOther?.(request, recording);
  response.writeHead(200, { "content-type": "application/json", ...gateway.headers?.(request), ...other?.headers });
  if (other) {
    response.end(other.body);
    return;
  }
  const sent = Number(url.searchParams.get("$skiptoken") ?? 0) + size;
  url.searchParams.set("$skiptoken", String(sent));
  response.end(sent >= total ? last : `${before}${url.href}${after}`);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});
