import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import type { QuickbooksSandbox, WebhookForm } from "@isthmus/sandbox";
import { afterEach, describe, expect, it } from "vitest";
import { type QuickbooksConnector, quickbooks } from "../src/index.js";
import { connectedTo, connectorTo, redirectUri, startSandbox } from "./connect.js";

const verifierToken = "verifier-token";
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Takes deliveries as an application would. */
async function startReceiver() {
  const deliveries: { body: Buffer; headers: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    const headers = { "intuit-signature": String(request.headers["intuit-signature"]) };
    deliveries.push({ body: await buffer(request), headers });
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The receiver has no port.");
  return { url: `http://127.0.0.1:${address.port}/`, deliveries };
}

/** A connector to the last company of the authorize page; `connectedTo` takes the first. */
async function connectedToLast(sandbox: QuickbooksSandbox): Promise<QuickbooksConnector> {
  const connector = connectorTo(sandbox);
  const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
  const page = await (await fetch(authorizationUrl)).text();
  const answer = await fetch(new URL(/action="([^"]+)"/.exec(page)?.[1] ?? "", authorizationUrl), {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({
      request: /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "",
      username: sandbox.realmIds.at(-1) ?? "",
      decision: "allow",
    }),
  });
  await connector.handleCallback(answer.headers.get("location") ?? "", pending);
  return connector;
}

/** A customer of the same name in each of two companies, told in one delivery that is sent twice. */
async function deliverTwice(form: WebhookForm) {
  const { url, deliveries } = await startReceiver();
  const sandbox = await startSandbox({ webhooks: { url, verifierToken, form, batchMs: 60_000, copies: 2 } });
  closers.push(() => sandbox.close());
  const connectors = [await connectedTo(sandbox), await connectedToLast(sandbox)];
  for (const connector of connectors) {
    closers.push(() => connector.close());
    await connector.create("Customer", { DisplayName: "Ann of both" });
  }
  await sandbox.flushWebhooks();
  return { sandbox, deliveries };
}

describe.each<[WebhookForm, string]>([
  ["cloudevents", "qbo.customer.created.v1"],
  ["legacy", "Create"],
])("a delivery in the form %s", (form, type) => {
  it("is genuine, and goes to each of its companies, with the same event ids when it comes again", async () => {
    const { sandbox, deliveries } = await deliverTwice(form);
    const { inbound } = quickbooks;
    if (inbound === undefined) throw new Error("QuickBooks takes no deliveries.");
    expect(deliveries).toHaveLength(2);
    const routed = deliveries.map(({ body, headers }) => {
      inbound.verify(body, headers, [verifierToken]);
      expect(() => inbound.verify(body, headers, ["another"])).toThrow(/not signed/);
      return inbound.route(body, headers);
    });
    expect(routed[0]).toEqual(
      sandbox.realmIds.map((accountId) => expect.objectContaining({ accountId, entity: "Customer", type })),
    );
    expect(new Set(routed[0]?.map(({ id }) => id)).size).toBe(2);
    expect(routed[1]).toEqual(routed[0]);
  });
});
