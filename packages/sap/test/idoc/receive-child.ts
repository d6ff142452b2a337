// A program that receives IDocs over HTTP into a file, and stops for ever at one point of its choice, so that it can be killed
// exactly there.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { receiveIdocs } from "../../src/idoc/receive/receive-idocs.js";
import { FileInbox } from "./file-inbox.js";

const { folder, stopAt }: { folder: string; stopAt?: string } = JSON.parse(process.argv[2] ?? "{}");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function pass(point: string): Promise<void> {
  if (point !== stopAt) return;
  say(`at ${point}`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}

const receiver = receiveIdocs({
  store: new FileInbox(`${folder}/inbox`),
  secrets: ["t0ken"],
  handler: async (_idoc, id) => {
    await pass("before the work");
    appendFileSync(`${folder}/work`, `${id}\n`);
    await pass("after the work");
  },
});

await receiver.handlePending();
const server = createServer((request, response) => {
  void buffer(request).then(async (body) => {
    const answer = await receiver.receive(body, { "x-api-key": String(request.headers["x-api-key"]) });
    response.writeHead(answer.status).end(answer.body);
  });
});
server.listen(0, "127.0.0.1", () => say(`listens ${(server.address() as AddressInfo).port}`));
