import { describe, expect, it } from "vitest";
import { parseIdoc } from "../../src/idoc/parse-idoc.js";
import { toIdocStatus } from "../../src/idoc/status/idoc-status.js";
import { readIdocStatus, type TableReader } from "../../src/idoc/status/read-idoc-status.js";
import { findStatusCode, idocStatusCodes } from "../../src/idoc/status/status-codes.js";
import { readStatusIdoc } from "../../src/idoc/status/status-idocs.js";
import { fixture } from "./support.js";

describe("idocStatusCodes", () => {
  it.each([
    ["51", "failed"],
    ["53", "done"],
    ["56", "failed"],
    ["60", "failed"],
    ["62", "waiting"],
    ["64", "waiting"],
    ["65", "failed"],
    ["68", "closed"],
    ["02", "failed"],
    ["03", "waiting"],
    ["12", "done"],
    ["16", "done"],
    ["30", "waiting"],
    ["41", "done"],
  ])("tells what %s means for whoever waits: %s", (status, outcome) => {
    expect(findStatusCode(status)?.outcome).toBe(outcome);
  });

  it("has outbound ones below 50 and inbound ones from there", () => {
    for (const [status, { direction }] of Object.entries(idocStatusCodes)) {
      expect([status, direction]).toEqual([status, Number(status) < 50 ? "outbound" : "inbound"]);
    }
  });

  it("knows no status that an object's prototype has", () => {
    expect(findStatusCode("toString")).toBeUndefined();
  });
});

describe("toIdocStatus", () => {
  it("puts the parameters into the text, each once, and gives the message's code", () => {
    const row = {
      DOCNUM: "990001",
      STATUS: "51",
      STATXT: "Material &1 in &2 & is locked by &",
      STAPA1: "A&2",
      STAPA2: "1710",
    };
    const message = { STAMID: "M3", STAMNO: "024", STATYP: "E", STAPA3: "now", STAPA4: "MEYER" };
    expect(toIdocStatus({ ...row, ...message, LOGDAT: "20261122", LOGTIM: "101530", SEGNUM: "000003" })).toEqual({
      docnum: "0000000000990001",
      status: "51",
      outcome: "failed",
      meaning: "Application document not posted.",
      at: "2026-11-22T10:15:30",
      message: { severity: "error", code: "M3/024", message: "Material A&2 in 1710 now is locked by MEYER" },
      segmentNumber: 3,
    });
  });

  it("takes a status that SAP has added since for one that is waited for", () => {
    expect(toIdocStatus({ DOCNUM: "1", STATUS: "99", LOGDAT: "00000000" })).toEqual({
      docnum: "0000000000000001",
      status: "99",
      outcome: "waiting",
      meaning: "Status 99 of the system.",
    });
  });
});

describe("readStatusIdoc", () => {
  it("reads a STATUS IDoc: each record by the number that we sent", () => {
    const statuses = readStatusIdoc(parseIdoc(fixture("SYSTAT01.xml")));
    expect(statuses.map(({ docnum, status, outcome }) => [docnum, status, outcome])).toEqual([
      ["0000000000000001", "16", "done"],
      ["0000000000000002", "17", "failed"],
    ]);
    expect(statuses[1]?.message).toMatchObject({ severity: "error", message: "Order PO-2 was refused" });
  });

  it("reads an ALEAUD IDoc: the receiver's number and the objects that came of it", () => {
    expect(readStatusIdoc(parseIdoc(fixture("ALEAUD01.xml")))).toEqual([
      {
        docnum: "0000000000000001",
        status: "53",
        outcome: "done",
        meaning: "Application document posted.",
        message: { severity: "success", code: "V1/311", message: "Standard Order 4711 has been saved" },
        receiverDocnum: "0000000000990001",
        objects: [{ type: "BUS2032", key: "0000004711" }],
      },
      expect.objectContaining({ docnum: "0000000000000002", outcome: "failed", message: expect.anything() }),
    ]);
  });

  it("finds nothing in an IDoc of another message type", () => {
    expect(readStatusIdoc(parseIdoc(fixture("ORDERS05.xml")))).toEqual([]);
  });
});

describe("readIdocStatus", () => {
  const edidc: Record<string, string>[] = [
    { DOCNUM: "0000000000990001", STATUS: "51", MESTYP: "ORDERS", IDOCTP: "ORDERS05", ARCKEY: "order-4711   " },
    { DOCNUM: "0000000000990002", STATUS: "53", MESTYP: "ORDERS", IDOCTP: "ORDERS05", ARCKEY: "order-47110" },
  ];
  const edids: Record<string, string>[] = [
    { DOCNUM: "0000000000990001", COUNTR: "0000000000000003", STATUS: "51", STATXT: "No partner &", STAPA1: "17" },
    { DOCNUM: "0000000000990001", COUNTR: "0000000000000001", STATUS: "50" },
    { DOCNUM: "0000000000990001", COUNTR: "0000000000000002", STATUS: "64" },
  ];

  function readerOf(asked: string[]): TableReader {
    return {
      readTable: async (table, _fields, { where }) => {
        asked.push(`${table} ${where.join("|")}`);
        return table === "EDIDC" ? edidc : edids;
      },
    };
  }

  it("finds an IDoc by its ARCKEY exactly, with all that it came to in order", async () => {
    const asked: string[] = [];
    const found = await readIdocStatus(readerOf(asked), { arckey: "order-4711" });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ docnum: "0000000000990001", arckey: "order-4711", messageType: "ORDERS" });
    expect(found[0]?.current).toMatchObject({ outcome: "failed", message: { message: "No partner 17" } });
    expect(found[0]?.history.map(({ status }) => status)).toEqual(["50", "64", "51"]);
    expect(asked).toEqual(["EDIDC ARCKEY EQ 'order-4711'", "EDIDS DOCNUM EQ '0000000000990001'"]);
  });

  it("asks by number with leading zeros", async () => {
    const asked: string[] = [];
    await readIdocStatus(readerOf(asked), { docnum: "990001" });
    expect(asked[0]).toBe("EDIDC DOCNUM EQ '0000000000990001'");
  });

  it("keeps each line of a condition within 72 characters, and quotes what stands in it", async () => {
    for (const arckey of ["k".repeat(70), "'".repeat(70), "a' OR MANDT EQ '100"]) {
      const asked: string[] = [];
      await readIdocStatus(readerOf(asked), { arckey });
      const condition = asked[0]?.slice("EDIDC ".length) ?? "";
      expect(condition.length).toBeLessThanOrEqual(72);
      expect(condition).toMatch(/^ARCKEY (?:EQ|LIKE) '(?:[^']|'')*'$/);
    }
  });

  it.each([{ docnum: "12x" }, { docnum: "" }, { arckey: "" }, { arckey: "k".repeat(71) }])(
    "refuses %o before it asks",
    async (lookup) => {
      const asked: string[] = [];
      const work = readIdocStatus(readerOf(asked), lookup);
      await expect(work).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
      expect(asked).toEqual([]);
    },
  );
});
