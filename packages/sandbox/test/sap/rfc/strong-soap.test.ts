import { describe, expect, it } from "vitest";
import { startRfcServer } from "./rfc-server.js";
import { callByStrongSoap } from "./strong-soap-client.js";

// strong-soap sends the SOAPAction that the WSDL names.
const settings = { acceptSoapAction: true };

const header = { DOC_TYPE: "TA", SALES_ORG: "1000", DISTR_CHAN: "10", DIVISION: "00", PURCH_NO_C: "A <&> B" };
const partner = { PARTN_ROLE: "AG", PARTN_NUMB: "0000001000" };
const order = {
  ORDER_HEADER_IN: header,
  ORDER_ITEMS_IN: { item: [{ ITM_NUMBER: "000010", MATERIAL: "FG-100", TARGET_QTY: "2.000" }] },
  ORDER_PARTNERS: { item: [partner] },
  RETURN: {},
};

describe("strong-soap's own client, from the WSDL", () => {
  it("pings", async () => {
    const server = await startRfcServer(settings);
    const { envelope } = await callByStrongSoap(server, "RFC_PING", {});
    expect(envelope).toContain("RFC_PING.Response");
    await expect(
      callByStrongSoap(server, "RFC_PING", {}, "/sap/bc/soap/wsdl11?services=RFC_PING"),
    ).resolves.toBeDefined();
  });

  it("creates an order, lists it and reads its customer", async () => {
    const server = await startRfcServer(settings);
    const created = await callByStrongSoap(server, "Z_ISTHMUS_SALESORDER_CREATE", order);
    expect(created.result.SALESDOCUMENT).toBe("0000015000");
    expect(created.result.RETURN).toMatchObject({
      item: [
        { TYPE: "S", ID: "V4", NUMBER: "233" },
        { TYPE: "S", ID: "V4", NUMBER: "233" },
        { TYPE: "S", ID: "V1", NUMBER: "311", MESSAGE: "Standard Order 15000 has been saved" },
      ],
    });
    const listed = await callByStrongSoap(server, "BAPI_SALESORDER_GETLIST", {
      CUSTOMER_NUMBER: "0000001000",
      SALES_ORDERS: {},
    });
    expect(listed.result.SALES_ORDERS).toMatchObject({
      item: [{ SD_DOC: "0000015000", PURCH_NO_C: "A <&> B" }],
    });
    // strong-soap makes a number of it; on the wire it is exact.
    expect(listed.envelope).toContain("<NET_VALUE>199.9000</NET_VALUE>");
    const customer = await callByStrongSoap(server, "BAPI_CUSTOMER_GETDETAIL2", { CUSTOMERNO: "0000001000" });
    expect(customer.result.CUSTOMERADDRESS).toMatchObject({ NAME: "Müller & Söhne <Nord>", POSTL_CODE: "01099" });
  });

  it("reads a table, commits and rolls back", async () => {
    const server = await startRfcServer(settings);
    const read = await callByStrongSoap(server, "RFC_READ_TABLE", {
      QUERY_TABLE: "KNA1",
      DELIMITER: "|",
      OPTIONS: { item: [{ TEXT: "LAND1 = 'DE'" }] },
      FIELDS: { item: [{ FIELDNAME: "KUNNR" }, { FIELDNAME: "ERDAT" }] },
      DATA: {},
    });
    expect(read.result.DATA).toEqual({ item: [{ WA: "0000001000|20200131" }] });
    const committed = await callByStrongSoap(server, "BAPI_TRANSACTION_COMMIT", { WAIT: "X" });
    expect(committed.envelope).toContain("<RETURN><TYPE/>");
    await expect(callByStrongSoap(server, "BAPI_TRANSACTION_ROLLBACK", {})).resolves.toBeDefined();
  });

  it("sends every elementary type and gets it back exactly on the wire", async () => {
    const server = await startRfcServer(settings);
    const sent = {
      RFCFLOAT: 1.5,
      RFCCHAR1: "X",
      RFCINT2: -32768,
      RFCINT1: 255,
      RFCCHAR4: "0042",
      RFCINT4: 2147483647,
      RFCHEX3: "AQID",
      RFCCHAR2: "A",
      RFCTIME: "23:59:59",
      RFCDATE: "0000-00-00",
      RFCDATA1: "a & b < c",
      RFCDATA2: "ÄÖÜ €",
    };
    const { envelope } = await callByStrongSoap(server, "STFC_STRUCTURE", { IMPORTSTRUCT: sent, RFCTABLE: {} });
    expect(envelope).toContain("<RFCINT2>-32768</RFCINT2><RFCINT1>255</RFCINT1><RFCCHAR4>0042</RFCCHAR4>");
    expect(envelope).toContain("<RFCHEX3>AQID</RFCHEX3>");
    expect(envelope).toContain("<RFCTIME>23:59:59</RFCTIME><RFCDATE>0000-00-00</RFCDATE>");
    expect(envelope).toContain("<RFCDATA1>a &amp; b &lt; c</RFCDATA1><RFCDATA2>ÄÖÜ €</RFCDATA2>");
    const { envelope: echoed } = await callByStrongSoap(server, "STFC_CONNECTION", { REQUTEXT: "hello" });
    expect(echoed).toContain("<ECHOTEXT>hello</ECHOTEXT>");
  });

  it("hears of a fault", async () => {
    const server = await startRfcServer(settings);
    server.faults.add({ kind: "system_failure" });
    await expect(callByStrongSoap(server, "RFC_PING", {})).rejects.toThrow("Internal Server Error");
  });
});

describe("strong-soap's own client, from the WSDL of a web service", () => {
  const wsdl = "/sap/bc/srt/wsdl/flv_10002A111AD1/bndg_url/sap/bc/srt/rfc/sap/zws_isthmus/100/zws_isthmus/zws_isthmus";

  it("calls every function module by one document", async () => {
    const server = await startRfcServer();
    const created = await callByStrongSoap(server, "Z_ISTHMUS_SALESORDER_CREATE", order, wsdl);
    expect(created.result.SALESDOCUMENT).toBe("0000015000");
    expect(created.envelope).toContain("n0:Z_ISTHMUS_SALESORDER_CREATEResponse");
    const read = await callByStrongSoap(
      server,
      "RFC_READ_TABLE",
      { QUERY_TABLE: "VBAK", DELIMITER: "|", OPTIONS: {}, FIELDS: { item: [{ FIELDNAME: "VBELN" }] }, DATA: {} },
      wsdl,
    );
    expect(read.result.DATA).toEqual({ item: [{ WA: "0000015000" }] });
    await expect(callByStrongSoap(server, "RFC_PING", {}, wsdl)).resolves.toBeDefined();
    await expect(callByStrongSoap(server, "BAPI_TRANSACTION_COMMIT", { WAIT: "X" }, wsdl)).resolves.toBeDefined();
  });

  it("hears of an exception by its name", async () => {
    const server = await startRfcServer();
    const wrong = { QUERY_TABLE: "USR02", OPTIONS: {}, FIELDS: {}, DATA: {} };
    await expect(callByStrongSoap(server, "RFC_READ_TABLE", wrong, wsdl)).rejects.toThrow("No authorization");
    await expect(
      callByStrongSoap(server, "RFC_READ_TABLE", { ...wrong, QUERY_TABLE: "X" }, wsdl),
    ).rejects.toMatchObject({
      root: { Envelope: { Body: { Fault: { detail: expect.objectContaining({}) } } } },
    });
  });

  it("is not there for another client, or another name", async () => {
    const server = await startRfcServer();
    for (const path of [wsdl.replace("/100/", "/200/"), wsdl.replaceAll("zws_isthmus", "zws_other")]) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    }
  });
});
