import { describe, expect, it } from "vitest";
import { call, orderXml, post, type RfcServer, rowsOf, startRfcServer, textAt } from "./rfc-server.js";

describe("BAPI_SALESORDER_CREATEFROMDAT2", () => {
  it("puts the first error behind a success, and gives no number", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml.replace("0000001000", "1000"));
    expect(answer.status).toBe(200);
    expect(textAt(answer, "SALESDOCUMENT")).toBe("");
    const rows = rowsOf(answer, "RETURN") ?? [];
    expect(rows.map(({ TYPE, ID, NUMBER }) => `${TYPE} ${ID}${NUMBER}`)).toEqual(["S V4233", "E VP112", "E V4219"]);
    expect(rows[1]).toMatchObject({ MESSAGE_V1: "1000", LOG_MSG_NO: "000000", SYSTEM: "ISHCLNT100" });
  });

  it("names the row and the field of an unknown material", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml.replace("FG-100", "NONE"));
    expect(rowsOf(answer, "RETURN")?.find(({ NUMBER }) => NUMBER === "302")).toMatchObject({
      TYPE: "E",
      ID: "V1",
      PARAMETER: "SALES_ITEM_IN",
      ROW: "1",
      FIELD: "MATERIAL",
    });
  });

  it("takes English keys only with CONVERT, and numbers only with their leading zeros", async () => {
    const server = await startRfcServer();
    const last = async (xml: string) =>
      rowsOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", xml), "RETURN")?.at(-1)?.NUMBER;
    const english = orderXml.replace("<DOC_TYPE>TA", "<DOC_TYPE>OR").replace("<PARTN_ROLE>AG", "<PARTN_ROLE>SP");
    expect(await last(english)).toBe("219");
    expect(await last(`${english}<CONVERT>X</CONVERT>`)).toBe("311");
    expect(await last(`${english.replace("0000001000", "1000")}<CONVERT>X</CONVERT>`)).toBe("219");
  });

  it("takes check lists, switches and schedule lines as callers send them", async () => {
    const server = await startRfcServer();
    const more =
      "<ORDER_HEADER_INX><UPDATEFLAG>I</UPDATEFLAG><DOC_TYPE>X</DOC_TYPE></ORDER_HEADER_INX><LOGIC_SWITCH><PRICING>B</PRICING></LOGIC_SWITCH>" +
      "<ORDER_ITEMS_INX><item><ITM_NUMBER>10</ITM_NUMBER><UPDATEFLAG>I</UPDATEFLAG><MATERIAL>X</MATERIAL></item></ORDER_ITEMS_INX>" +
      "<ORDER_SCHEDULES_IN><item><ITM_NUMBER>10</ITM_NUMBER><REQ_QTY>7.5</REQ_QTY></item></ORDER_SCHEDULES_IN>" +
      "<ORDER_SCHEDULES_INX><item><ITM_NUMBER>10</ITM_NUMBER><REQ_QTY>X</REQ_QTY></item></ORDER_SCHEDULES_INX>";
    expect((await call(server, "Z_ISTHMUS_SALESORDER_CREATE", orderXml + more)).status).toBe(200);
    expect(server.business.salesOrders.list()[0]?.items[0]).toMatchObject({ KWMENG: "7.500", NETWR: "749.63" });
  });

  it("refuses a blocked customer, a missing partner and an unknown document type", async () => {
    const server = await startRfcServer();
    const errorOf = async (xml: string): Promise<string | undefined> => {
      const rows = rowsOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", xml), "RETURN") ?? [];
      return rows.findLast(({ TYPE, NUMBER }) => TYPE === "E" && NUMBER !== "219")?.NUMBER;
    };
    expect(await errorOf(orderXml.replace("0000001000", "0000002000"))).toBe("156");
    expect(await errorOf(orderXml.replace("<PARTN_ROLE>AG", "<PARTN_ROLE>WE"))).toBe("384");
    expect(await errorOf(orderXml.replace("<DOC_TYPE>TA", "<DOC_TYPE>XX"))).toBe("312");
    expect(await errorOf(orderXml.replace("<SALES_ORG>1000", "<SALES_ORG>"))).toBe("316");
  });

  it("checks without a number in a test run", async () => {
    const server = await startRfcServer();
    const tested = await call(server, "Z_ISTHMUS_SALESORDER_CREATE", `${orderXml}<TESTRUN>X</TESTRUN>`);
    expect(textAt(tested, "SALESDOCUMENT")).toBe("");
    expect(rowsOf(tested, "RETURN")?.map(({ TYPE }) => TYPE)).toEqual(["S", "S"]);
    const next = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml);
    expect(textAt(next, "SALESDOCUMENT")).toBe("0000015000");
  });

  it("reads text in the encoding that its document declares", async () => {
    const server = await startRfcServer();
    const envelope = `<?xml version="1.0" encoding="ISO-8859-1"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><u:Z_ISTHMUS_SALESORDER_CREATE xmlns:u="urn:sap-com:document:sap:rfc:functions">${orderXml.replace("PO-7", "Größe")}</u:Z_ISTHMUS_SALESORDER_CREATE></e:Body></e:Envelope>`;
    expect((await post(server, Buffer.from(envelope, "latin1"))).status).toBe(200);
    expect(server.business.salesOrders.list()[0]?.header.BSTNK).toBe("Größe");
  });

  it("returns a table only where it was sent", async () => {
    const server = await startRfcServer();
    const silent = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml.replace("<RETURN/>", ""));
    expect(silent.status).toBe(200);
    expect(rowsOf(silent, "RETURN")).toBeUndefined();
    expect(rowsOf(silent, "ORDER_ITEMS_IN")).toHaveLength(1);
  });
});

describe("BAPI_CUSTOMER_GETDETAIL2", () => {
  it("tells of an unknown customer in a structure", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "BAPI_CUSTOMER_GETDETAIL2", "<CUSTOMERNO>1000</CUSTOMERNO>");
    expect(answer.status).toBe(200);
    expect(textAt(answer, "RETURN", "TYPE")).toBe("E");
    expect(textAt(answer, "RETURN", "ID")).toBe("F2");
    expect(textAt(answer, "CUSTOMERADDRESS", "NAME")).toBe("");
  });
});

describe("STFC_STRUCTURE", () => {
  it("echoes what a field can hold, and initial values as SAP writes them", async () => {
    const server = await startRfcServer();
    const answer = await call(
      server,
      "STFC_STRUCTURE",
      "<IMPORTSTRUCT><RFCCHAR4>  x </RFCCHAR4><RFCDATA1>a&#13;b ]]&gt; \u{1F600}</RFCDATA1><RFCINT4>-7</RFCINT4></IMPORTSTRUCT><RFCTABLE/>",
    );
    const [row] = rowsOf(answer, "RFCTABLE") ?? [];
    expect(row).toMatchObject({
      RFCCHAR4: "  x",
      RFCDATA1: "a\rb ]]> \u{1F600}",
      RFCINT4: "-7",
      RFCDATE: "0000-00-00",
      RFCTIME: "00:00:00",
      RFCHEX3: "AAAA",
      RFCINT1: "0",
    });
  });
});

describe("Z_ISTHMUS_ECHO_TYPES", () => {
  const values = {
    CHAR10: "0000000042",
    NUMC10: "0000000007",
    DEC31: "-12345678901234567.12345678901234",
    CURR15: "9999999999999.99",
    INT4: "-2147483648",
    INT8: "9223372036854775807",
    DATS: "9999-12-31",
    TIMS: "23:59:59",
    RAW16: "AAECAwQFBgcICQoLDA0ODw==",
    STRING: "  blanks on both sides  ",
    XSTRING: "/w==",
  };
  const xml = Object.entries(values)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("");

  it("loses nothing of any type", async () => {
    const server = await startRfcServer();
    const text = `${"long ".repeat(20_000)}end  \n\n`;
    const parameters = `<IMPORTSTRUCT>${xml}</IMPORTSTRUCT><TEXT>${text}</TEXT><T_TYPES><item>${xml}</item><item/></T_TYPES>`;
    const answer = await call(server, "Z_ISTHMUS_ECHO_TYPES", parameters);
    const [whole, initial] = rowsOf(answer, "T_TYPES") ?? [];
    expect(whole).toEqual(values);
    expect(textAt(answer, "ECHOSTRUCT", "DEC31")).toBe(values.DEC31);
    expect(textAt(answer, "ECHOTEXT")).toBe(text);
    expect(initial).toMatchObject({
      DEC31: "0.00000000000000",
      DATS: "0000-00-00",
      NUMC10: "0000000000",
      INT8: "0",
      STRING: "",
    });
  });

  it("writes numbers that came in another form in its own", async () => {
    const server = await startRfcServer();
    const sent = "<NUMC10>7</NUMC10><CURR15>+007.5</CURR15><DEC31>-0</DEC31><INT4> 12 </INT4><DATS/>";
    const answer = await call(server, "Z_ISTHMUS_ECHO_TYPES", `<IMPORTSTRUCT>${sent}</IMPORTSTRUCT>`);
    expect(textAt(answer, "ECHOSTRUCT", "NUMC10")).toBe("0000000007");
    expect(textAt(answer, "ECHOSTRUCT", "CURR15")).toBe("7.50");
    expect(textAt(answer, "ECHOSTRUCT", "DEC31")).toBe("0.00000000000000");
    expect(textAt(answer, "ECHOSTRUCT", "INT4")).toBe("12");
    expect(textAt(answer, "ECHOSTRUCT", "DATS")).toBe("0000-00-00");
  });
});

describe("RFC_SYSTEM_INFO", () => {
  it("names the system", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "RFC_SYSTEM_INFO");
    expect(textAt(answer, "RFCSI_EXPORT", "RFCSYSID")).toBe("ISH");
    expect(textAt(answer, "RFCSI_EXPORT", "RFCSAPRL")).toBe("758");
  });
});

describe("RFC_READ_TABLE", () => {
  const read = (server: RfcServer, table: string, options: string, fields: string[], rest = "") => {
    const rows = fields.map((name) => `<item><FIELDNAME>${name}</FIELDNAME></item>`).join("");
    const parameters = `<QUERY_TABLE>${table}</QUERY_TABLE>${rest}<OPTIONS>${options}</OPTIONS><FIELDS>${rows}</FIELDS><DATA/>`;
    return call(server, "RFC_READ_TABLE", parameters);
  };
  const lines = async (...given: Parameters<typeof read>): Promise<(string | undefined)[] | undefined> =>
    rowsOf(await read(...given), "DATA")?.map(({ WA }) => WA);
  const exception = async (...given: Parameters<typeof read>): Promise<string | undefined> =>
    textAt(await read(...given), "detail", "RFC_READ_TABLE.Exception", "Name");
  const option = (text: string): string => `<item><TEXT>${text.replaceAll("<", "&lt;")}</TEXT></item>`;

  it("lays fields out in fixed widths", async () => {
    const server = await startRfcServer();
    const answer = await read(server, "MARA", option("MATNR = 'FG-100'"), ["MATNR", "NTGEW", "ERSDA", "BRGEW"]);
    expect(rowsOf(answer, "FIELDS")).toMatchObject([
      { FIELDNAME: "MATNR", OFFSET: "000000", LENGTH: "000040", TYPE: "C", FIELDTEXT: "Material Number" },
      { FIELDNAME: "NTGEW", OFFSET: "000040", LENGTH: "000015", TYPE: "P" },
      { FIELDNAME: "ERSDA", OFFSET: "000055", LENGTH: "000008", TYPE: "D" },
      { FIELDNAME: "BRGEW", OFFSET: "000063", LENGTH: "000015", TYPE: "P" },
    ]);
    expect(rowsOf(answer, "DATA")?.[0]?.WA).toBe(
      `${"FG-100".padEnd(40)}${"0.125-".padStart(15)}00000000${"12.500 ".padStart(15).trimEnd()}`,
    );
  });

  it("reads conditions, over several lines too", async () => {
    const server = await startRfcServer();
    const numbers = (options: string) => lines(server, "KNA1", options, ["KUNNR"]);
    expect(await numbers("")).toEqual(["0000001000", "0000002000"]);
    expect(await numbers(option("LAND1 = 'DE' AND") + option("NAME1 LIKE 'M%'"))).toEqual(["0000001000"]);
    expect(await numbers(option("KUNNR IN ('0000002000', '0000003000')"))).toEqual(["0000002000"]);
    expect(await numbers(option("NOT ( LAND1 = 'DE' ) AND KUNNR BETWEEN '0000001000' AND '0000002000'"))).toEqual([
      "0000002000",
    ]);
    expect(await numbers(option("KUNNR > '0000001000' AND ERDAT <> '20200131'"))).toEqual(["0000002000"]);
    expect(await numbers(option("NAME1 = 'It''s'"))).toEqual([]);
    expect(await numbers(option("MANDT = '100' AND LAND1 NE 'DE'"))).toEqual(["0000002000"]);
  });

  it("skips and counts rows, and can return the layout alone", async () => {
    const server = await startRfcServer();
    expect(await lines(server, "KNA1", "", ["KUNNR"], "<ROWSKIPS>1</ROWSKIPS>")).toEqual(["0000002000"]);
    expect(await lines(server, "KNA1", "", ["KUNNR"], "<ROWCOUNT>1</ROWCOUNT>")).toEqual(["0000001000"]);
    expect(await lines(server, "KNA1", "", ["KUNNR"], "<NO_DATA>X</NO_DATA>")).toEqual([]);
  });

  it("raises an exception for what it cannot read", async () => {
    const server = await startRfcServer();
    expect(await exception(server, "USR02", "", [])).toBe("NOT_AUTHORIZED");
    expect(await exception(server, "NOSUCH", "", [])).toBe("TABLE_NOT_AVAILABLE");
    expect(await exception(server, "KNA1", "", ["NOSUCH"])).toBe("FIELD_NOT_VALID");
    for (const wrong of [
      "LAND1 = DE",
      "LAND1 = 'DE' OR",
      "NOSUCH = '1'",
      "( LAND1 = 'DE'",
      "LAND1 ~ 'DE'",
      "LAND1 = 'DE",
    ]) {
      expect(await exception(server, "KNA1", option(wrong), [])).toBe("OPTION_NOT_VALID");
    }
    const wide = Array.from({ length: 15 }, () => "NAME1");
    expect(await exception(server, "KNA1", "", wide)).toBe("DATA_BUFFER_EXCEEDED");
  });
});
