import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import sax from "sax";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { callApi, requestToken, send, tokensOf } from "../client.js";

/** One message as it came, with the texts of its elements by their names without prefix. */
interface Received {
  headers: Record<string, unknown>;
  text: string;
  values: (name: string) => string[];
}

let now = Date.UTC(2026, 10, 26, 9);
let sandbox: SalesforceSandbox;
let token: string;
let endpoint: Server;
let url: string;
let received: Received[];
let answer: { status: number; body: string };

const acknowledged = {
  status: 200,
  body: '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>',
};

beforeAll(async () => {
  // Only flushing sends: nothing here waits for a timer.
  sandbox = await startSalesforceSandbox({
    clock: () => now,
    outboundGatherMs: 1_000_000,
    accessTokenLifetimeMs: 1_000_000_000,
  });
  token = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" })).access_token;
  endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, ...readMessage(Buffer.concat(chunks).toString("utf8")) });
      response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const address = endpoint.address() as AddressInfo;
  url = `http://127.0.0.1:${address.port}/notify`;
});

beforeEach(() => {
  received = [];
  answer = acknowledged;
});

afterEach(async () => {
  for (const { id } of sandbox.outboundMessages())
    await send(`${sandbox.url}/__sandbox/outbound-messages/${id}`, { method: "DELETE" });
});

afterAll(async () => {
  await sandbox.close();
  endpoint.close();
});

/** Reads with a parser of its own, which refuses what is not well-formed. */
function readMessage(text: string): Pick<Received, "text" | "values"> {
  const found: [string, string][] = [];
  const parser = sax.parser(true, { xmlns: true });
  let open = "";
  let value = "";
  parser.onopentag = ({ name }) => {
    open = name.replace(/^.*:/, "");
    value = "";
  };
  parser.ontext = (part) => {
    value += part;
  };
  parser.onclosetag = (name) => {
    if (name.replace(/^.*:/, "") === open) found.push([open, value]);
    open = "";
  };
  parser.write(text).close();
  return { text, values: (name) => found.filter(([one]) => one === name).map(([, one]) => one) };
}

async function createAccount(fields: Record<string, unknown>): Promise<string> {
  const made = await callApi(sandbox, token, "/sobjects/Account", { method: "POST", body: fields });
  return String((made.json as { id: unknown }).id);
}

describe("an outbound message", () => {
  it("tells the fields of a record that was made, and who sends it, without a session id", async () => {
    const { id: actionId } = sandbox.addOutboundMessage({
      url,
      object: "Account",
      fields: ["Name", "Phone", "CreatedDate"],
    });
    const id = await createAccount({ Name: "Smith & <Sons>" });
    await sandbox.flushOutboundMessages();
    const [message] = received;
    expect(message?.headers).toMatchObject({ "content-type": "text/xml; charset=utf-8", soapaction: '""' });
    expect(message?.values("OrganizationId")[0]).toMatch(/^00D\w{15}$/);
    expect(message?.values("ActionId")).toEqual([actionId]);
    expect(message?.values("EnterpriseUrl")[0]).toContain(`${sandbox.url}/services/Soap/c/`);
    expect(message?.values("PartnerUrl")[0]).toContain(`${sandbox.url}/services/Soap/u/`);
    expect(message?.text).toContain('<SessionId xsi:nil="true"/>');
    expect(message?.values("Name")).toEqual(["Smith & <Sons>"]);
    expect(message?.values("CreatedDate")).toEqual([new Date(now).toISOString()]);
    expect(message?.values("Phone")).toEqual([]);
    const [notificationId, recordId] = message?.values("Id") ?? [];
    expect(notificationId).toMatch(/^04l\w{15}$/);
    expect(recordId).toBe(id);
    expect(sandbox.outboundMessages()[0]?.waiting).toEqual([]);
  });

  it("holds at most a hundred notifications, each with an id of its own", async () => {
    sandbox.addOutboundMessage({ url, object: "Account" });
    for (let made = 0; made < 101; made += 1) await createAccount({ Name: `Many ${made}` });
    await sandbox.flushOutboundMessages();
    expect(received.map(({ values }) => values("Id").length / 2)).toEqual([100, 1]);
    expect(new Set(received.flatMap(({ values }) => values("Id"))).size).toBe(202);
  });

  it("tells what a record is when it is sent, once for changes that come together", async () => {
    sandbox.addOutboundMessage({ url, object: "Account", fields: ["Name"] });
    const id = await createAccount({ Name: "First" });
    await callApi(sandbox, token, `/sobjects/Account/${id}`, { method: "PATCH", body: { Name: "Second" } });
    await sandbox.flushOutboundMessages();
    expect(received.map(({ values }) => values("Name"))).toEqual([["Second"]]);
  });

  it("has nothing to say of a record that was deleted before it was sent", async () => {
    sandbox.addOutboundMessage({ url, object: "Account", fields: ["Name"] });
    const id = await createAccount({ Name: "Short-lived" });
    await callApi(sandbox, token, `/sobjects/Account/${id}`, { method: "DELETE" });
    await sandbox.flushOutboundMessages();
    expect(received.map(({ values }) => [values("Id").length, values("Name")])).toEqual([[1, []]]);
  });

  it("comes again with the same id, after growing pauses, until it is acknowledged", async () => {
    sandbox.addOutboundMessage({ url, object: "Account" });
    await createAccount({ Name: "Again" });
    answer = { status: 503, body: "busy" };
    await sandbox.flushOutboundMessages();
    await sandbox.flushOutboundMessages();
    expect(received).toHaveLength(1);
    now += 15_000;
    answer = { status: 200, body: acknowledged.body.replace("true", "false") };
    await sandbox.flushOutboundMessages();
    expect(received).toHaveLength(2);
    now += 15_000;
    await sandbox.flushOutboundMessages();
    expect(received).toHaveLength(2);
    now += 15_000;
    answer = acknowledged;
    await sandbox.flushOutboundMessages();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ values }) => values("Id")[0])).size).toBe(1);
    await sandbox.flushOutboundMessages(true);
    expect(received).toHaveLength(3);
  });

  it("is given up after a day", async () => {
    sandbox.addOutboundMessage({ url, object: "Account" });
    await createAccount({ Name: "Lost" });
    answer = { status: 500, body: "" };
    await sandbox.flushOutboundMessages();
    now += 24 * 60 * 60 * 1000;
    await sandbox.flushOutboundMessages();
    expect(received).toHaveLength(1);
    expect(sandbox.outboundMessages()[0]?.waiting).toEqual([]);
  });

  it("can come twice though it was acknowledged, and the newest first", async () => {
    const wish = { url, object: "Account", fields: ["Name"], copies: 2, reversed: true };
    const headers = { "content-type": "application/json" };
    const added = await send(`${sandbox.url}/__sandbox/outbound-messages`, {
      method: "POST",
      body: JSON.stringify(wish),
      headers,
    });
    expect(added.status).toBe(201);
    await createAccount({ Name: "Older" });
    await createAccount({ Name: "Newer" });
    const flushed = await send(`${sandbox.url}/__sandbox/outbound-messages/flush`, { method: "POST" });
    expect(flushed.json).toMatchObject({ actions: [{ object: "Account", fields: ["Id", "Name"], waiting: [] }] });
    expect(received.map(({ values }) => values("Name"))).toEqual([
      ["Newer", "Older"],
      ["Newer", "Older"],
    ]);
  });

  it("goes out by itself soon after a change, whatever waits for a later try", async () => {
    sandbox.configure({ outboundGatherMs: 1 });
    sandbox.addOutboundMessage({ url, object: "Account", fields: ["Name"] });
    answer = { status: 503, body: "" };
    const firstCame = new Promise((resolve) => endpoint.once("request", resolve));
    await createAccount({ Name: "Later" });
    await firstCame;
    await sandbox.flushOutboundMessages();
    answer = acknowledged;
    const secondCame = new Promise((resolve) => endpoint.once("request", resolve));
    await createAccount({ Name: "Now" });
    await secondCame;
    await sandbox.flushOutboundMessages();
    expect(received.map(({ values }) => values("Name"))).toEqual([["Later"], ["Now"]]);
    expect(sandbox.outboundMessages()[0]?.waiting).toMatchObject([{ tries: 1 }]);
    sandbox.configure({ outboundGatherMs: 1_000_000 });
  });

  it("does not tell deletions and records of other objects", async () => {
    const id = await createAccount({ Name: "Gone" });
    sandbox.addOutboundMessage({ url, object: "Account" });
    await callApi(sandbox, token, `/sobjects/Account/${id}`, { method: "DELETE" });
    await callApi(sandbox, token, "/sobjects/Lead", { method: "POST", body: { LastName: "L", Company: "C" } });
    await sandbox.flushOutboundMessages();
    expect(received).toEqual([]);
  });
});
