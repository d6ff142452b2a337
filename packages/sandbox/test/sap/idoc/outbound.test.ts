import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { findChild, readXml } from "../../../src/shared/xml/read-xml.js";
import { controlXml, documentXml, orderSegments, postIdoc, startIdocServer } from "./idoc-server.js";

interface Received {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A partner's HTTP port that answers one status after the other, the last one for ever. */
async function startPort(...statuses: number[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(statuses[received.length - 1] ?? statuses.at(-1) ?? 200, { location: "http://127.0.0.1:1/" });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/idoc`, received };
}

const material = {
  name: "E1MARAM",
  fields: { MATNR: "FG-100" },
  children: [{ name: "E1MAKTM", fields: { MAKTX: "A & B" } }],
};

async function post(url: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const json: unknown = await response.json();
  return { status: response.status, json: typeof json === "object" ? { ...json } : {} };
}

describe("IDocs that go out", () => {
  it("posts an IDoc to the port as SAP does", async () => {
    const port = await startPort(200);
    const server = await startIdocServer({ idocPortUrl: port.url, idocPortAuthorization: "Basic eDp5" });
    const sent = await post(`${server.url}/__sandbox/idocs/send`, { type: "MATMAS05", data: [material] });
    expect(sent.status).toBe(201);
    expect(sent.json).toMatchObject({ docnum: "0000000000000001", direction: "1", status: "03" });
    const [request] = port.received;
    expect(request?.headers).toMatchObject({ "content-type": "text/xml; charset=utf-8", authorization: "Basic eDp5" });
    expect(request?.headers["user-agent"]).toMatch(/^SAP/);
    const root = readXml(request?.body ?? "");
    expect(root.name).toBe("MATMAS05");
    const idoc = findChild(root, "IDOC");
    const control = Object.fromEntries(
      findChild(idoc, "EDI_DC40")?.children.map(({ name, text }) => [name, text]) ?? [],
    );
    expect(control).toMatchObject({
      TABNAM: "EDI_DC40",
      MANDT: "100",
      DOCNUM: "0000000000000001",
      DIRECT: "1",
      IDOCTYP: "MATMAS05",
      MESTYP: "MATMAS",
      SNDPRN: "ISHCLNT100",
      RCVPRN: "ISTHMUS",
    });
    expect(findChild(findChild(findChild(idoc, "E1MARAM"), "E1MAKTM"), "MAKTX")?.text).toBe("A & B");
  });

  it("notes an answer other than 2xx, and sends the same number again when it is asked to", async () => {
    const port = await startPort(503, 200);
    const server = await startIdocServer({ idocPortUrl: port.url });
    const sent = await post(`${server.url}/__sandbox/idocs/send`, { type: "MATMAS05", data: [material] });
    expect(sent.json.status).toBe("02");
    const again = await post(`${server.url}/__sandbox/idocs/0000000000000001/resend`);
    expect(again.json).toMatchObject({ docnum: "0000000000000001", status: "03" });
    expect(port.received[1]?.body).toBe(port.received[0]?.body);
    expect(server.idocs.list()[0]?.statuses.map(({ status }) => status)).toEqual(["01", "30", "02", "03"]);
  });

  it("sends a material, a customer or an order as IDocs that it would post itself", async () => {
    const port = await startPort(200);
    const server = await startIdocServer({
      idocPortUrl: port.url,
      idocPartners: "ISHCLNT100",
      idocReceiver: "ISHCLNT100",
    });
    const send = (type: string, key: string) => post(`${server.url}/__sandbox/idocs/send`, { type, key });
    await postIdoc(server, documentXml("ORDERS05", controlXml({ SNDPRN: "ISHCLNT100" }) + orderSegments));
    await send("MATMAS05", "FG-100");
    await send("DEBMAS07", "0000001000");
    await send("ORDERS05", "0000015000");
    for (const { body } of port.received) await postIdoc(server, body.replace("<DIRECT>1", "<DIRECT>2"));
    expect(server.statuses()).toEqual(["53", "03", "03", "03", "53", "53", "53"]);
    const [first, second] = server.business.salesOrders.list();
    expect(second?.items).toEqual(first?.items);
    expect((await send("MATMAS05", "NONE")).status).toBe(400);
  });

  it("follows no redirect, and notes a port that is not there", async () => {
    const port = await startPort(302);
    const server = await startIdocServer({ idocPortUrl: port.url });
    const send = () => post(`${server.url}/__sandbox/idocs/send`, { type: "DEBMAS07", data: [] });
    expect((await send()).json.status).toBe("02");
    server.settings.idocPortUrl = "http://127.0.0.1:1/";
    expect((await send()).json.status).toBe("02");
    server.settings.idocPortUrl = "";
    expect((await send()).json.status).toBe("02");
    expect((await post(`${server.url}/__sandbox/idocs/send`, { type: "NOSUCH01" })).status).toBe(400);
    expect((await post(`${server.url}/__sandbox/idocs/0000000000000009/resend`)).status).toBe(400);
  });
});
