import { describe, expect, it } from "vitest";
import { buildIdoc, buildIdocs } from "../../src/idoc/build-idoc.js";
import type { IdocSegmentDraft } from "../../src/idoc/idoc.js";
import { parseIdoc, parseIdocs } from "../../src/idoc/parse-idoc.js";
import { writeIdocXml } from "../../src/idoc/write-idoc-xml.js";
import { clock, fixture, order, partners, schemaOf } from "./support.js";

const defaults = { client: "100", partners, clock, idempotencyKey: "order-4711" };

describe("parseIdocs", () => {
  it("reads an order of SAP's with its segments, their order and their texts", () => {
    const { control, segments } = parseIdoc(fixture("ORDERS05.xml"), { schema: schemaOf("ORDERS05") });
    expect(control).toMatchObject({ DOCNUM: "0000000000730001", SNDPOR: "SAPS4H", MESTYP: "ORDERS" });
    expect(segments.map(({ name }) => name)).toEqual(
      "E1EDK01 E1EDK14 E1EDK03 E1EDKA1 E1EDKT1 E1EDP01 E1EDP01 E1EDS01".split(" "),
    );
    expect(segments[3]?.fields.NAME1).toBe("Müller & Söhne GmbH");
    expect(segments[4]?.segments[0]?.fields.TDLINE).toBe("  Deliver to gate 4, <north> side");
    expect(segments[5]?.segments.map(({ name }) => name)).toEqual(["E1EDP20", "E1EDP19"]);
  });

  it("reads several IDocs of one document, and a segment without fields", () => {
    const idocs = parseIdocs(fixture("MATMAS05.xml"), { schema: schemaOf("MATMAS05") });
    expect(idocs.map(({ control }) => control.DOCNUM)).toEqual(["0000000000009022", "0000000000009023"]);
    expect(idocs[0]?.segments[0]?.segments[1]?.segments).toEqual([{ name: "E1MARDM", fields: {}, segments: [] }]);
  });

  it("reads an IDoc in a SOAP envelope, with an extension and names of a namespace", () => {
    const idoc = parseIdoc(fixture("DEBMAS07.xml"), { schema: schemaOf("DEBMAS07") });
    expect(idoc.control.CIMTYP).toBe("ZDEBMAS07");
    expect(idoc.segments[0]?.segments.slice(1)).toEqual([
      { name: "Z1CUSTX", fields: { LEVEL: "GOLD", "/ROP/SCORE": "77" }, segments: [] },
      { name: "/ROP/E1DATA", fields: { "/ROP/VALUE": "a/b" }, segments: [] },
    ]);
  });

  it.each([
    ["no IDoc", "<ORDERS05/>"],
    ["another document", "<html><body/></html>"],
    ["an IDoc without a control record", '<A><IDOC BEGIN="1"><E1EDK01 SEGMENT="1"/></IDOC></A>'],
    ["a field twice", '<A><IDOC><EDI_DC40/><E1 SEGMENT="1"><X>1</X><X>2</X></E1></IDOC></A>'],
    ["a fault", "<Envelope><Body><Fault><faultcode>x</faultcode></Fault></Body></Envelope>"],
    ["text that is no XML", "EDI_DC40  100"],
  ])("refuses %s", (_name, document) => {
    expect(() => parseIdocs(document)).toThrow(expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }));
  });

  it("names each BEGIN and SEGMENT that is missing when there is a schema", () => {
    const document = fixture("ORDERS05.xml")
      .toString()
      .replace('<IDOC BEGIN="1">', "<IDOC>")
      .replace('<EDI_DC40 SEGMENT="1">', "<EDI_DC40>")
      .replace('<E1EDP20 SEGMENT="1">', '<E1EDP20 SEGMENT="0">');
    expect(() => parseIdocs(document, { schema: schemaOf("ORDERS05") })).toThrow(
      expect.objectContaining({
        issues: [
          { path: "0", message: expect.stringContaining("BEGIN") },
          { path: "0.control", message: expect.stringContaining("SEGMENT") },
          { path: "0.segments.5.segments.0", message: expect.stringContaining("SEGMENT") },
        ],
      }),
    );
  });
});

describe("buildIdoc", () => {
  it("fills in the control record from configuration, clock and key", () => {
    expect(buildIdoc(order(), defaults).control).toEqual({
      TABNAM: "EDI_DC40",
      MANDT: "100",
      DOCNUM: expect.stringMatching(/^\d{16}$/),
      DIRECT: "2",
      IDOCTYP: "ORDERS05",
      MESTYP: "ORDERS",
      SNDPOR: "ISTHMUS",
      SNDPRT: "LS",
      SNDPRN: "ISTHMUS",
      RCVPOR: "SAPS4H",
      RCVPRT: "LS",
      RCVPRN: "S4HCLNT100",
      CREDAT: "20261122",
      CRETIM: "101530",
      ARCKEY: "order-4711",
      SERIAL: "20261122101530123000",
    });
  });

  it("lets the caller's control fields stand", () => {
    const draft = order({ control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS", SNDPRT: "KU", MESCOD: "ABC" } });
    expect(buildIdoc(draft, defaults).control).toMatchObject({ SNDPRT: "KU", MESCOD: "ABC" });
  });

  it("gives each IDoc of a transmission an ARCKEY, a number and a SERIAL of its own, the same at a second try", () => {
    const build = () => buildIdocs([order(), order()], { ...defaults, idempotencyKey: "k".repeat(80) });
    const keys = build().map(({ control }) => control.ARCKEY);
    expect(new Set(keys).size).toBe(2);
    expect(keys.every((key) => key !== undefined && key.length <= 70)).toBe(true);
    expect(build().map(({ control }) => control.ARCKEY)).toEqual(keys);
    const numbers = build().map(({ control }) => control.DOCNUM);
    expect(new Set(numbers).size).toBe(2);
    expect(build().map(({ control }) => control.DOCNUM)).toEqual(numbers);
  });

  it.each([
    ["a name that no segment has", { name: "E1 EDK01" }, "0.segments.0.name"],
    ["a name that would be markup", { name: "X><Y" }, "0.segments.0.name"],
    ["a field that no dictionary has", { name: "E1EDK01", fields: { "a-b": "1" } }, "0.segments.0.fields.a-b"],
    [
      "a character that XML cannot carry",
      { name: "E1EDK01", fields: { CURCY: "\u0000" } },
      "0.segments.0.fields.CURCY",
    ],
  ])("refuses %s and names its path", (_name, segment, path) => {
    expect(() => buildIdocs([order({ segments: [segment] })], defaults)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("refuses a control field that is too long, and one that is missing", () => {
    const draft = order({ control: { IDOCTYP: "ORDERS05", MESTYP: "", SNDPRN: "TWELVE-CHARS" } });
    expect(() => buildIdoc(draft, defaults)).toThrow(
      expect.objectContaining({
        issues: [
          { path: "control.SNDPRN", message: "It is longer than 10 characters." },
          { path: "control.MESTYP", message: "It has to be given." },
        ],
      }),
    );
  });

  it("refuses two IDocs of one number, and segments without end", () => {
    const numbered = order({ control: { ...order().control, DOCNUM: "7" } });
    expect(() => buildIdocs([numbered, numbered], defaults)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: "1.control.DOCNUM" })] }),
    );
    const endless: { name: string; segments: IdocSegmentDraft[] } = { name: "Z1A", segments: [] };
    endless.segments.push(endless);
    expect(() => buildIdoc(order({ segments: [endless] }), defaults)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
  });
});

describe("writeIdocXml", () => {
  it("writes what SAP's own document says, read back the same", () => {
    for (const name of ["ORDERS05", "MATMAS05", "DEBMAS07"] as const) {
      const idocs = parseIdocs(fixture(`${name}.xml`));
      const schema = schemaOf(name);
      expect(parseIdocs(writeIdocXml(idocs, schema), { schema })).toEqual(idocs);
    }
  });

  it("puts fields into the schema's order and escapes namespaces", () => {
    const idoc = {
      control: { IDOCTYP: "DEBMAS07", MESTYP: "DEBMAS" },
      segments: [{ name: "Z1CUSTX", fields: { "/ROP/SCORE": "7", LEVEL: "A&B" }, segments: [] }],
    };
    const schema = {
      ...schemaOf("DEBMAS07"),
      segments: schemaOf("DEBMAS07").segments[0]?.type.segments ?? [],
    };
    expect(writeIdocXml([idoc], schema)).toContain(
      '<Z1CUSTX SEGMENT="1"><LEVEL>A&amp;B</LEVEL><_-ROP_-SCORE>7</_-ROP_-SCORE></Z1CUSTX>',
    );
  });

  it("refuses IDocs of two types in one document", () => {
    const other = order({ control: { IDOCTYP: "ORDERS04", MESTYP: "ORDERS" } });
    expect(() => writeIdocXml(buildIdocs([order(), other], defaults))).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
  });
});
