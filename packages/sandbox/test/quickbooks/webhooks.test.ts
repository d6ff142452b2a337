import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";
import type { QuickbooksSandbox, WebhookOptions } from "../../src/index.js";
import { openApi, startForTest } from "./client.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A sandbox and what takes its deliveries, which answers these statuses and then 200. */
async function start(statuses: number[] = [], options: Partial<WebhookOptions> = {}) {
  const bodies: string[] = [];
  const signatures: unknown[] = [];
  const notes: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    signatures.push(request.headers["intuit-signature"]);
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The receiver has no port.");
  const webhooks = { url: `http://127.0.0.1:${address.port}/`, verifierToken: "token", batchMs: 60_000, retryMs: 1 };
  const sandbox: QuickbooksSandbox = await startForTest({
    webhooks: { ...webhooks, ...options },
    log: (message) => notes.push(message),
  });
  closers.push(() => sandbox.close());
  return { sandbox, api: await openApi(sandbox), bodies, signatures, notes };
}

it("tells a change with ids alone, signed with the verifier token", async () => {
  const { sandbox, api, bodies, signatures } = await start();
  const { Id } = await api.create("Customer", { DisplayName: "Ann" });
  await sandbox.flushWebhooks();
  const [body = ""] = bodies;
  expect(JSON.parse(body)).toEqual([
    {
      specversion: "1.0",
      id: expect.any(String),
      source: expect.any(String),
      type: "qbo.customer.created.v1",
      time: expect.any(String),
      intuitentityid: Id,
      intuitaccountid: sandbox.realmId,
      data: {},
    },
  ]);
  expect(signatures).toEqual([createHmac("sha256", "token").update(body).digest("base64")]);
});

it("sends a delivery again that was not answered with 200, unchanged", async () => {
  const { sandbox, api, bodies } = await start([500, 204]);
  await api.create("Customer", { DisplayName: "Ann" });
  await sandbox.flushWebhooks();
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
});

it("gives a delivery up after some tries, says so, and goes on with the next", async () => {
  const { sandbox, api, bodies, notes } = await start([500, 500, 500, 500]);
  await api.create("Customer", { DisplayName: "Ann" });
  await sandbox.flushWebhooks();
  expect(notes).toEqual([expect.stringContaining("given up")]);
  await api.create("Customer", { DisplayName: "Ben" });
  await sandbox.flushWebhooks();
  expect(bodies).toHaveLength(5);
});

it("stops at once when it is closed between two tries", async () => {
  const { sandbox, api, bodies, notes } = await start([500, 500, 500, 500], { retryMs: 60_000 });
  await api.create("Customer", { DisplayName: "Ann" });
  const flushed = sandbox.flushWebhooks();
  await sandbox.close();
  await flushed;
  expect(bodies.length).toBeLessThan(2);
  expect(notes).toEqual([]);
});
