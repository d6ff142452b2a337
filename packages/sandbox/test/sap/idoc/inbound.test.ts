import { describe, expect, it } from "vitest";
import { call, rowsOf } from "../rfc/rfc-server.js";
import { controlXml, documentXml, orderSegments, postIdoc, soapXml, startIdocServer } from "./idoc-server.js";

const order = controlXml() + orderSegments;

describe("IDocs that come in as plain XML", () => {
  it("stores and posts an order", async () => {
    const server = await startIdocServer();
    const answer = await postIdoc(server, documentXml("ORDERS05", order));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("<title>IDoc-XML-inbound ok</title>");
    expect(server.idocs.list()[0]?.statuses.map(({ status }) => status)).toEqual(["50", "64", "62", "53"]);
    const [placed] = server.business.salesOrders.list();
    expect(placed?.header).toMatchObject({ KUNNR: "0000001000", BSTNK: "PO-8", VKORG: "1000", NETWR: "199.90" });
    expect(placed?.items[0]).toMatchObject({ POSNR: "000010", MATNR: "FG-100", KWMENG: "2.000", VRKME: "PCE" });
  });

  it("answers 200 for an order that does not post", async () => {
    const server = await startIdocServer();
    const unknown = order.replace("<PARTN>1000", "<PARTN>9999");
    expect((await postIdoc(server, documentXml("ORDERS05", unknown))).status).toBe(200);
    expect(server.statuses()).toEqual(["51"]);
    expect(server.idocs.list()[0]?.statuses.at(-1)).toMatchObject({ messageId: "VP", messageNumber: "112" });
    expect(server.business.salesOrders.list()).toEqual([]);
  });

  it("takes several IDocs of one document, or none of them", async () => {
    const server = await startIdocServer();
    await postIdoc(server, documentXml("ORDERS05", order, order));
    expect(server.statuses()).toEqual(["53", "53"]);
    const broken = await postIdoc(server, documentXml("ORDERS05", order, orderSegments));
    expect(broken.status).toBe(500);
    expect(broken.text).toContain("IDoc-XML-inbound error");
    expect(server.statuses()).toHaveLength(2);
  });

  it("writes customers and materials", async () => {
    const server = await startIdocServer();
    const customer = '<E1KNA1M SEGMENT="1"><MSGFN>005</MSGFN><KUNNR>3000</KUNNR><NAME1>New &amp; Co</NAME1></E1KNA1M>';
    const debmas = controlXml({ IDOCTYP: "DEBMAS07", MESTYP: "DEBMAS" }) + customer;
    await postIdoc(server, documentXml("DEBMAS07", debmas));
    expect(server.business.customers.find("0000003000")).toMatchObject({ NAME1: "New & Co" });
    const text = '<E1MAKTM SEGMENT="1"><SPRAS>E</SPRAS><MAKTX>Valve</MAKTX><SPRAS_ISO>EN</SPRAS_ISO></E1MAKTM>';
    const material = `<E1MARAM SEGMENT="1"><MATNR>43</MATNR><MTART>FERT</MTART>${text}</E1MARAM>`;
    const matmas = controlXml({ IDOCTYP: "MATMAS05", MESTYP: "MATMAS" }) + material;
    await postIdoc(server, documentXml("MATMAS05", matmas));
    expect(server.business.materials.find("000000000000000043")).toMatchObject({ MAKTX: "Valve", MTART: "FERT" });
    expect(server.statuses()).toEqual(["53", "53"]);
  });

  it("notes an unknown partner, another receiver, client or direction and a wrong syntax, and posts none of them", async () => {
    const server = await startIdocServer();
    const segment = '<E1NOSUCH SEGMENT="1"><A>1</A></E1NOSUCH>';
    const cases: [string, string, string][] = [
      [controlXml({ SNDPRN: "STRANGER" }) + orderSegments, "56", "Partner profile not available"],
      [controlXml({ RCVPRN: "OTHER" }) + orderSegments, "56", "is not this system"],
      [controlXml({ DIRECT: "1" }) + orderSegments, "56", "not inbound"],
      [controlXml({ MANDT: "800" }) + orderSegments, "56", "not this client"],
      [order + segment, "60", "'E1NOSUCH' is unknown"],
      [order.replace("<BELNR>PO-8", `<BELNR>${"9".repeat(36)}`), "60", "longer than 35"],
      [controlXml() + orderSegments.replace(/<E1EDK01.*<\/E1EDK01>/, ""), "60", "mandatory segment 'E1EDK01'"],
      [controlXml({ MESTYP: "MATMAS" }) + orderSegments, "60", "not assigned"],
      [controlXml({ IDOCTYP: "NOSUCH01" }) + orderSegments, "60", "'NOSUCH01' is unknown"],
    ];
    for (const [idoc, status, text] of cases) {
      expect((await postIdoc(server, documentXml("ORDERS05", idoc))).status).toBe(200);
      const last = server.idocs.list().at(-1)?.statuses.at(-1);
      expect(last?.status).toBe(status);
      expect(last?.text).toContain(text);
    }
    expect(server.business.salesOrders.list()).toEqual([]);
  });

  it("takes a customer's own segment where the control record names an extension", async () => {
    const server = await startIdocServer();
    const extended = `${controlXml({ CIMTYP: "ZORDERS1" })}${orderSegments}<Z1EXTRA SEGMENT="1"><ZZ>1</ZZ></Z1EXTRA>`;
    await postIdoc(server, documentXml("ZORDERS1", extended));
    expect(server.statuses()).toEqual(["53"]);
  });

  it("refuses what is no IDoc, and stores nothing", async () => {
    const server = await startIdocServer();
    const entity = `<!DOCTYPE x [<!ENTITY a "b">]>${documentXml("ORDERS05", order).replace(/^<\?xml[^>]*>/, "")}`;
    for (const body of [
      "",
      "<ORDERS05>",
      "<ORDERS05/>",
      entity,
      documentXml("ORDERS05", controlXml({ TABNAM: "X" })),
    ]) {
      expect((await postIdoc(server, body)).status).toBe(500);
    }
    const type = { "content-type": "application/json" };
    expect((await postIdoc(server, documentXml("ORDERS05", order), undefined, type)).status).toBe(500);
    const native = { "content-type": "application/x-sap.idoc" };
    expect((await postIdoc(server, documentXml("ORDERS05", order, order), undefined, native)).status).toBe(500);
    expect((await postIdoc(server, documentXml("ORDERS05", order), undefined, { authorization: "" })).status).toBe(401);
    expect(server.statuses()).toEqual([]);
    expect((await postIdoc(server, documentXml("ORDERS05", order), undefined, native)).status).toBe(200);
  });

  it("waits for somebody to process it where it does not at once", async () => {
    const server = await startIdocServer({ processIdocsAtOnce: false });
    await postIdoc(server, documentXml("ORDERS05", order));
    expect(server.statuses()).toEqual(["64"]);
    const processed = await fetch(`${server.url}/__sandbox/idocs/process`, { method: "POST" });
    expect(await processed.json()).toEqual({ processed: 1 });
    expect(server.statuses()).toEqual(["53"]);
  });

  it("processes an IDoc in error again when it is asked to", async () => {
    const server = await startIdocServer();
    await postIdoc(server, documentXml("ORDERS05", order.replace("<PARTN>1000", "<PARTN>9999")));
    server.business.customers.save({ KUNNR: "0000009999", NAME1: "Late" });
    const headers = { "content-type": "application/json" };
    await fetch(`${server.url}/__sandbox/idocs/process`, { method: "POST", headers, body: '{"again":true}' });
    expect(server.statuses()).toEqual(["53"]);
  });

  it("does not post while the application refuses, and posts later", async () => {
    const server = await startIdocServer({ idocPostingError: "Material FG-100 is locked by user HUBER" });
    await postIdoc(server, documentXml("ORDERS05", order));
    expect(server.idocs.list()[0]?.statuses.at(-1)).toMatchObject({
      status: "51",
      text: expect.stringContaining("HUBER"),
    });
    server.settings.idocPostingError = "";
    await fetch(`${server.url}/__sandbox/idocs/process`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"again":true}',
    });
    expect(server.statuses()).toEqual(["53"]);
  });

  it("is switched off as any service", async () => {
    const server = await startIdocServer({ idocServicesActive: false });
    const answer = await postIdoc(server, documentXml("ORDERS05", order));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("not active");
  });
});

describe("IDocs that come in by SOAP", () => {
  it("assigns the sender's numbers to the stored ones", async () => {
    const server = await startIdocServer();
    const second = controlXml({ DOCNUM: "0000000000166100" }) + orderSegments;
    const answer = await postIdoc(server, soapXml("ORDERS05", order, second), "/sap/bc/srt/idoc");
    expect(answer.status).toBe(200);
    const pairs = [...answer.text.matchAll(/<TRANSFER_ID>(\d+)<\/TRANSFER_ID><DB_ID>(\d+)<\/DB_ID>/g)];
    expect(pairs.map(([, transfer, database]) => [transfer, database])).toEqual([
      ["0000000000166099", "0000000000000001"],
      ["0000000000166100", "0000000000000002"],
    ]);
    expect(server.statuses()).toEqual(["53", "53"]);
  });

  it("assigns fewer numbers where the system breaks off", async () => {
    const server = await startIdocServer({ idocsStoredPerDocument: 1 });
    const answer = await postIdoc(server, soapXml("ORDERS05", order, order), "/sap/bc/srt/idoc");
    expect(answer.text.match(/<ASSIGN>/g)).toHaveLength(1);
    expect(server.statuses()).toEqual(["53"]);
  });

  it("answers a fault for what is no IDoc", async () => {
    const server = await startIdocServer();
    for (const body of [documentXml("ORDERS05", order), soapXml("ORDERS05"), "<broken"]) {
      const answer = await postIdoc(server, body, "/sap/bc/srt/idoc");
      expect(answer.status).toBe(500);
      expect(answer.text).toContain("soap-env:Fault");
    }
  });
});

describe("the status of an IDoc", () => {
  it("is read from EDIDC and EDIDS", async () => {
    const server = await startIdocServer();
    await postIdoc(server, documentXml("ORDERS05", order));
    const read = (table: string, fields: string[]) =>
      call(
        server,
        "RFC_READ_TABLE",
        `<QUERY_TABLE>${table}</QUERY_TABLE><DELIMITER>|</DELIMITER><OPTIONS><item><TEXT>DOCNUM = '0000000000000001'</TEXT></item></OPTIONS>` +
          `<FIELDS>${fields.map((name) => `<item><FIELDNAME>${name}</FIELDNAME></item>`).join("")}</FIELDS><DATA/>`,
      );
    const control = await read("EDIDC", ["STATUS", "MESTYP"]);
    expect(rowsOf(control, "DATA")?.[0]?.WA).toBe(`53|${"ORDERS".padEnd(30).trimEnd()}`);
    const statuses = await read("EDIDS", ["COUNTR", "STATUS"]);
    expect(rowsOf(statuses, "DATA")?.map(({ WA }) => WA)).toEqual([
      "0000000000000001|50",
      "0000000000000002|64",
      "0000000000000003|62",
      "0000000000000004|53",
    ]);
    const told = await read("EDIDS", ["STATUS", "STATYP", "STAMID", "STAMNO", "STAPA1", "SEGNUM", "SEGFLD"]);
    expect(rowsOf(told, "DATA")?.at(-1)?.WA).toMatch(/^53\|S\|V1 *\|311\| *\|000000\|/);
  });
});
