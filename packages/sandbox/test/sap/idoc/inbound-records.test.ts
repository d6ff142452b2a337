import { describe, expect, it } from "vitest";
import { call, textAt } from "../rfc/rfc-server.js";
import { startIdocServer } from "./idoc-server.js";

const docnum = "0000000000000815";

function controlRow(changes: Record<string, string> = {}): string {
  const fields = {
    ...{ TABNAM: "EDI_DC40", MANDT: "100", DOCNUM: docnum, DIRECT: "2", IDOCTYP: "ORDERS05", MESTYP: "ORDERS" },
    ...{ SNDPOR: "ISTHMUS", SNDPRT: "LS", SNDPRN: "ISTHMUS", RCVPOR: "SAPISH", RCVPRT: "LS", RCVPRN: "ISHCLNT100" },
    ...changes,
  };
  return `<item>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("")}</item>`;
}

function dataRow(segment: string, number: number, parent: number, data: string): string {
  return (
    `<item><SEGNAM>${segment}</SEGNAM><MANDT>100</MANDT><DOCNUM>${docnum}</DOCNUM>` +
    `<SEGNUM>${number}</SEGNUM><PSGNUM>${parent}</PSGNUM><HLEVEL>02</HLEVEL><SDATA>${data}</SDATA></item>`
  );
}

// Widths by SAP's segment documentation: E1EDK01 has BELNR behind 83 characters, E1EDP01 has MENGE behind 11.
const records = [
  dataRow("E2EDK01005", 1, 0, `${"".padEnd(4)}EUR${"".padEnd(76)}PO-9`),
  dataRow("E2EDKA1003", 2, 0, "AG 0000001000"),
  dataRow("E2EDP01008", 3, 0, `000010${"".padEnd(5)}${"2.000".padEnd(15)}PCE`),
  dataRow("E2EDP19001", 4, 3, "002FG-100"),
].join("");

const send = (server: { url: string }, control: string, data: string) =>
  call(
    server,
    "IDOC_INBOUND_ASYNCHRONOUS",
    `<IDOC_CONTROL_REC_40>${control}</IDOC_CONTROL_REC_40><IDOC_DATA_REC_40>${data}</IDOC_DATA_REC_40>`,
  );

describe("IDOC_INBOUND_ASYNCHRONOUS", () => {
  it("posts an order from records of fixed widths", async () => {
    const server = await startIdocServer();
    expect((await send(server, controlRow(), records)).status).toBe(200);
    expect(server.statuses()).toEqual(["53"]);
    const [order] = server.business.salesOrders.list();
    expect(order?.header).toMatchObject({ KUNNR: "0000001000", BSTNK: "PO-9", WAERK: "EUR" });
    expect(order?.items[0]).toMatchObject({ POSNR: "000010", MATNR: "FG-100", KWMENG: "2.000", VRKME: "PCE" });
    expect(server.idocs.list()[0]).toMatchObject({ senderDocnum: docnum, docnum: "0000000000000001" });
  });

  it("stores nothing when a record belongs to no IDoc, or the control record is not sound", async () => {
    const server = await startIdocServer();
    const stray = await send(server, controlRow({ DOCNUM: "0000000000000816" }), records);
    expect(textAt(stray, "detail", "Error", "type")).toBe("SYSTEM_FAILURE");
    expect((await send(server, controlRow({ MESTYP: "" }), records)).status).toBe(500);
    expect((await send(server, "", records)).status).toBe(500);
    expect(server.statuses()).toEqual([]);
  });
});
