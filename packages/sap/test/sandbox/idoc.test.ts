import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { IdocDraft } from "../../src/idoc/idoc.js";
import { idocInbound } from "../../src/idoc/receive/idoc-inbound.js";
import type { InboxEntry } from "../../src/idoc/receive/inbox-store.js";
import { receiveIdocs } from "../../src/idoc/receive/receive-idocs.js";
import type { SapConnector } from "../../src/index.js";
import { must, type OpenSap, openSap } from "./open-sap.js";

let sap: OpenSap;

beforeAll(async () => {
  sap = await openSap();
});
afterAll(() => sap.sandbox.close());
beforeEach(() => sap.sandbox.reset());

function connect(): SapConnector {
  return sap.connect({
    rfc: { functionModules: ["RFC_READ_TABLE"] },
    idoc: { partners: { SNDPOR: "ISTHMUS", SNDPRN: "ISTHMUS", RCVPOR: "SAPS4H", RCVPRN: "S4HCLNT100" } },
  });
}

const orderIdoc = (reference: string, soldTo = "0017100001"): IdocDraft => ({
  control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" },
  segments: [
    { name: "E1EDK01", fields: { CURCY: "EUR" } },
    { name: "E1EDK14", fields: { QUALF: "008", ORGID: "1010" } },
    { name: "E1EDKA1", fields: { PARVW: "AG", PARTN: soldTo } },
    { name: "E1EDK02", fields: { QUALF: "001", BELNR: reference } },
    {
      name: "E1EDP01",
      fields: { POSEX: "10", MENGE: "2", MENEE: "PCE" },
      segments: [{ name: "E1EDP19", fields: { QUALF: "002", IDTNR: "TG11" } }],
    },
  ],
});

async function findOrders(connector: SapConnector, reference: string) {
  const orders = await connector.odata("orders");
  const filter = { field: "PurchaseOrderByCustomer", eq: reference };
  return Array.fromAsync(orders.query("A_SalesOrder", { filter }));
}

describe("IDocs to the system", () => {
  it.each(["xml", "soap"] as const)("are stored and posted in the form %s, and their status is found", async (form) => {
    const connector = connect();
    const sent = await connector.idocs.send([orderIdoc("PO-A"), orderIdoc("PO <&> B'")], {
      idempotencyKey: "it's order 1",
      form,
    });
    expect(sent).toMatchObject({ state: "stored", idocs: [{ arckey: "it's order 1/1" }, {}] });
    expect(await findOrders(connector, "PO-A")).toHaveLength(1);
    expect(await findOrders(connector, "PO <&> B'")).toHaveLength(1);
    const [status] = await connector.idocs.status({ arckey: must(sent.idocs[0]).arckey });
    expect(must(status).current).toMatchObject({ status: "53" });
    expect(must(status).history.map((each) => each.status)).toEqual(["50", "64", "62", "53"]);
    const [byNumber] = await connector.idocs.status({ docnum: must(status).docnum });
    expect(byNumber).toEqual(status);
    if (form === "soap") expect(must(sent.idocs[0]).docnum).toBe(must(status).docnum);
  });

  it("are found by a key of every length, and only those of that key", async () => {
    const connector = connect();
    const keys = ["k".repeat(70), `${"k".repeat(69)}x`, "100%_'quoted'_%".padEnd(70, "'")];
    for (const [at, idempotencyKey] of keys.entries()) {
      await connector.idocs.send([orderIdoc(`PO-${at}`)], { idempotencyKey });
    }
    for (const arckey of keys) expect(await connector.idocs.status({ arckey })).toMatchObject([{ arckey }]);
  });

  it("that cannot be posted are stored all the same, with what the application says", async () => {
    const connector = connect();
    await connector.idocs.send([orderIdoc("PO-A", "0000004711")], { idempotencyKey: "k" });
    const [status] = await connector.idocs.status({ arckey: "k" });
    expect(must(status).current).toMatchObject({ status: "51" });
    expect(await findOrders(connector, "PO-A")).toEqual([]);
  });

  it("leave open which are stored when the answer does not name them all, or is lost", async () => {
    const connector = connect();
    sap.sandbox.configure({ idocsStoredPerDocument: 1 });
    const both = [orderIdoc("PO-A"), orderIdoc("PO-B")];
    const partly = connector.idocs.send(both, { idempotencyKey: "k", form: "soap" });
    await expect(partly).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      vendor: { messages: [{ severity: "success" }, { severity: "error" }] },
    });
    sap.sandbox.reset();
    sap.sandbox.addFault({ path: "/sap/bc/idoc_xml", cutAfter: true });
    const lost = connector.idocs.send([orderIdoc("PO-C")], { idempotencyKey: "c" });
    await expect(lost).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.stringContaining("c") });
    expect(await connector.idocs.status({ arckey: "c" })).toHaveLength(1);
    expect(await findOrders(connector, "PO-C")).toHaveLength(1);
  });

  it("are taken once when they are sent exactly once and the first answer is lost", async () => {
    const connector = connect();
    sap.sandbox.addFault({ path: "/sap/bc/srt/idoc", cutAfter: true });
    const options = { idempotencyKey: "once", form: "soap", exactlyOnce: true } as const;
    const sent = await connector.idocs.send([orderIdoc("PO-ONCE")], options);
    expect(await findOrders(connector, "PO-ONCE")).toHaveLength(1);
    expect(await connector.idocs.send([orderIdoc("PO-ONCE")], options)).toEqual(sent);
    expect(await findOrders(connector, "PO-ONCE")).toHaveLength(1);
  });

  it("are refused where the service is switched off or there is none", async () => {
    sap.sandbox.configure({ idocServicesActive: false });
    const connector = connect();
    const refused = { code: expect.stringMatching(/^(PERMISSION_DENIED|UNSUPPORTED|NOT_FOUND)$/) };
    await expect(connector.idocs.send([orderIdoc("PO")], { idempotencyKey: "k" })).rejects.toMatchObject(refused);
    const plain = connector.idocs.send([orderIdoc("PO")], { idempotencyKey: "k", form: "plain" });
    await expect(plain).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("IDocs from the system", () => {
  let server: Server;
  const seen: string[] = [];
  const handled: string[] = [];
  const stored = new Map<string, InboxEntry & { handled: boolean }>();
  const receiver = receiveIdocs({
    secrets: ["sap:port-password"],
    store: {
      putIfAbsent: async (entry) => {
        if (stored.has(entry.id)) return false;
        stored.set(entry.id, { ...entry, handled: false });
        return true;
      },
      markHandled: async (id) => void Object.assign(must(stored.get(id)), { handled: true }),
      pending: () => [...stored.values()].filter((entry) => !entry.handled),
    },
    handler: async ({ segments }, id) => void handled.push(`${id} ${segments[0]?.name}`),
  });

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = await buffer(request);
      const headers = { authorization: request.headers.authorization };
      try {
        seen.push(...idocInbound.route(body, headers).map(({ accountId, entity }) => `${accountId} ${entity}`));
        const answer = await receiver.receive(body, headers);
        response.writeHead(answer.status).end(answer.body);
      } catch {
        response.writeHead(401).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("are taken with the port's password, handed over once however often they come, and their port hears of it", async () => {
    const idocPortUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/idocs`;
    const data = [{ name: "E1MARAM", fields: { MATNR: "TG11" }, children: [] }];
    sap.sandbox.configure({ idocPortUrl, idocPortAuthorization: "Basic d3Jvbmc6d3Jvbmc=" });
    const refused = await sap.sandbox.sendIdoc({ type: "MATMAS05", data });
    expect(must(refused.statuses.at(-1)).status).toBe("02");
    expect(stored.size).toBe(0);
    const idocPortAuthorization = `Basic ${Buffer.from("sap:port-password").toString("base64")}`;
    sap.sandbox.configure({ idocPortAuthorization });
    const again = await sap.sandbox.resendIdoc(refused.docnum);
    await sap.sandbox.resendIdoc(refused.docnum);
    expect(must(again.statuses.at(-1)).status).toBe("03");
    expect(await receiver.handlePending()).toBe(0);
    expect(handled).toEqual([`S4HCLNT100/100/${refused.docnum} E1MARAM`]);
    expect(new Set(seen)).toEqual(new Set(["S4H/100 MATMAS"]));
  });
});
