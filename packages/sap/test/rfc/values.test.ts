import { findChild, readXml, type XmlElement } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RfcParameters } from "../../src/rfc/rfc-types.js";
import { answerOf } from "./envelopes.js";
import { modulesAt, startStub } from "./harness.js";
import { char, numc, simple, structure, table, typed, wsdlOf } from "./wsdl.js";

const name = "Z_ALL_TYPES";
const fields = [
  char("CHAR", 10),
  typed("STRING", "xsd:string"),
  numc("NUMC", 10),
  typed("INT1", "xsd:unsignedByte"),
  typed("INT2", "xsd:short"),
  typed("INT4", "xsd:int"),
  typed("INT8", "xsd:long"),
  simple("CURR", "decimal", { totalDigits: 13, fractionDigits: 2 }),
  typed("FLTP", "xsd:double"),
  simple("DATS", "string", { maxLength: 10, pattern: "\\d\\d\\d\\d-\\d\\d-\\d\\d" }),
  simple("TIMS", "string", { maxLength: 8, pattern: "\\d\\d:\\d\\d:\\d\\d" }),
  typed("XSD_DATE", "xsd:date"),
  typed("XSD_TIME", "xsd:time"),
  simple("RAW", "base64Binary", { maxLength: 4 }),
  typed("XSTRING", "xsd:base64Binary"),
  typed("_-ROP_-X", "s0:STRUCT"),
  table("ROWS", "s0:STRUCT"),
  table("LINES", "s0:LINE"),
].join("");
const types =
  structure("STRUCT", char("NAME", 5) + typed("COUNT", "xsd:int")) +
  '<xsd:simpleType name="LINE"><xsd:restriction base="xsd:string"><xsd:maxLength value="72"/></xsd:restriction></xsd:simpleType>';
const wsdl = wsdlOf({ name, types, input: fields, output: fields });

async function setUp(values = "") {
  const stub = await startStub(() => ({ body: answerOf(name, values) }));
  const modules = modulesAt(stub.origin, { wsdls: { [name]: wsdl } });
  const send = async (parameters: RfcParameters): Promise<XmlElement> => {
    await modules.call(name, parameters);
    const body = findChild(readXml(stub.requests.at(-1)?.body ?? ""), "Body");
    return body?.children[0] ?? expect.unreachable("an empty body");
  };
  return { ...stub, modules, send };
}

describe("what a module answers", () => {
  it("comes exactly, by the types of the WSDL", async () => {
    const { modules } = await setUp(
      "<CHAR> a\tb   </CHAR><STRING>  two\nlines \u00fc&#13;\n</STRING><NUMC>0000001032</NUMC><INT1>255</INT1><INT2>-3</INT2>" +
        "<INT4>-2147483648</INT4><INT8>9007199254740993</INT8><CURR>-1234567890.10</CURR><FLTP>1.5E+02</FLTP>" +
        "<DATS>2026-11-26</DATS><TIMS>00:00:00</TIMS><XSD_DATE>2026-11-26</XSD_DATE><XSD_TIME>23:59:59</XSD_TIME>" +
        "<RAW>AAEC/w==</RAW><XSTRING/><_-ROP_-X><NAME>A</NAME><COUNT>1</COUNT></_-ROP_-X>" +
        "<ROWS><item><NAME><![CDATA[<b>]]></NAME><COUNT>0</COUNT></item></ROWS><LINES><item>one</item><item/></LINES>",
    );
    const { values } = await modules.call(name);
    expect(values).toEqual({
      CHAR: " a\tb",
      STRING: "  two\nlines ü\r\n",
      NUMC: "0000001032",
      INT1: 255,
      INT2: -3,
      INT4: -2147483648,
      INT8: "9007199254740993",
      CURR: "-1234567890.10",
      FLTP: 150,
      DATS: "2026-11-26",
      TIMS: "00:00:00",
      XSD_DATE: "2026-11-26",
      XSD_TIME: "23:59:59",
      RAW: "AAEC/w==",
      XSTRING: "",
      "/ROP/X": { NAME: "A", COUNT: 1 },
      ROWS: [{ NAME: "<b>", COUNT: 0 }],
      LINES: ["one", ""],
    });
  });

  it.each([
    ["0000-00-00", null],
    ["00000000", null],
    ["", null],
    ["20261126", "2026-11-26"],
    ["9999-99-99", "9999-99-99"],
  ])("has %j for a date as %j", async (written, read) => {
    const { modules } = await setUp(`<DATS>${written}</DATS>`);
    expect((await modules.call(name)).values.DATS).toBe(read);
  });

  it("has an empty array for a table that is empty or does not come, and nothing for another field that does not", async () => {
    const { modules } = await setUp("<ROWS/>");
    expect((await modules.call(name)).values).toEqual({ ROWS: [], LINES: [] });
  });

  it.each([
    ["<INT4>1.5</INT4>", "INT4"],
    ["<CURR>1,50</CURR>", "CURR"],
    ["<ROWS><item><COUNT/></item></ROWS>", "ROWS.0.COUNT"],
  ])("is refused where %s is not a number", async (values, path) => {
    const { modules } = await setUp(values);
    const error = await modules.call(name).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", message: expect.stringContaining(path) });
  });
});

describe("what is sent", () => {
  it("is each value in SAP's form, and every table, the empty ones too", async () => {
    const { send, requests } = await setUp();
    const sent = await send({
      CHAR: " a",
      STRING: "line\r\n  two ",
      NUMC: "10",
      INT8: "-9223372036854775808",
      CURR: "10.5",
      FLTP: 0.1,
      DATS: null,
      XSD_DATE: "2026-11-26",
      XSD_TIME: "10:00:00",
      RAW: "AAEC/w==",
      "/ROP/X": { COUNT: 2, NAME: "A" },
      LINES: ["one", ""],
    });
    expect(Object.fromEntries(sent.children.map((child) => [child.name, child.text]))).toMatchObject({
      CHAR: " a",
      STRING: "line\r\n  two ",
      NUMC: "0000000010",
      INT8: "-9223372036854775808",
      CURR: "10.5",
      FLTP: "0.1",
      DATS: "0000-00-00",
      XSD_DATE: "2026-11-26",
      XSD_TIME: "10:00:00",
      RAW: "AAEC/w==",
      ROWS: "",
    });
    expect(findChild(sent, "_-ROP_-X")?.children.map(({ name: each, text }) => [each, text])).toEqual([
      ["NAME", "A"],
      ["COUNT", "2"],
    ]);
    expect(findChild(sent, "LINES")?.children.map(({ text }) => text)).toEqual(["one", ""]);
    expect(requests[0]?.headers).toMatchObject({ soapaction: '""', "content-type": "text/xml; charset=utf-8" });
    expect(requests[0]?.path).toBe("/sap/bc/soap/rfc");
  });

  it.each(["<![CDATA[x]]>", "a ]]> b", "<!--x--><INT4>1</INT4>", "&lt;&#65;&amp;", "\r\r\n\n \t", "😀"])(
    "is the text %j as it is",
    async (text) => {
      const { send } = await setUp();
      expect(findChild(await send({ STRING: text }), "STRING")?.text).toBe(text);
    },
  );

  it("is any text that XML can carry, unchanged", async () => {
    const { send } = await setUp();
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const sent = await send({ STRING: value, ROWS: [{ NAME: "x" }] });
        expect(findChild(sent, "STRING")?.text).toBe(value);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["raw XML", { STRING: { $xml: "<INT4>1</INT4>" } }, "STRING"],
    ["raw XML beside the parameters", { $xml: "<INT4>1</INT4>" }, "$xml"],
    ["attributes", { "/ROP/X": { $attributes: { a: "b" } } }, "/ROP/X.$attributes"],
    ["a value under a key of strong-soap's", { "/ROP/X": { $value: "x" } }, "/ROP/X.$value"],
    ["a type of its own", { ROWS: [{ $attributes: { $xsiType: "x" } }] }, "ROWS.0.$attributes"],
    ["a parameter that is not there", { CHAT: "x" }, "CHAT"],
    ["a text that is too long", { CHAR: "12345678901" }, "CHAR"],
    ["a text with a control character", { STRING: "a\u0000" }, "STRING"],
    ["a text with half a character", { STRING: "\ud83d" }, "STRING"],
    ["letters for digits", { NUMC: "1O" }, "NUMC"],
    ["too many digits", { NUMC: "12345678901" }, "NUMC"],
    ["a number that is too large", { INT1: 256 }, "INT1"],
    ["half a number", { INT4: 0.5 }, "INT4"],
    ["65 bits", { INT8: "9223372036854775808" }, "INT8"],
    ["a decimal with too many digits after the point", { CURR: "1.234" }, "CURR"],
    ["a decimal with too many digits before it", { CURR: "123456789012.00" }, "CURR"],
    ["a binary fraction for an amount", { CURR: 0.1 }, "CURR"],
    ["a day that does not exist", { DATS: "2026-02-30" }, "DATS"],
    ["a time that does not exist", { TIMS: "24:30:00" }, "TIMS"],
    ["what is not base64", { RAW: "?" }, "RAW"],
    ["too many bytes", { RAW: "AAAAAAAA" }, "RAW"],
    ["one row for a table", { ROWS: { NAME: "A" } }, "ROWS"],
    ["a table for a structure", { "/ROP/X": [] }, "/ROP/X"],
    ["a long field in a row", { ROWS: [{ NAME: "A" }, { NAME: "123456" }] }, "ROWS.1.NAME"],
  ] satisfies [string, RfcParameters, string][])("is nothing at all for %s", async (_what, parameters, path) => {
    const { modules, requests } = await setUp();
    const error = await modules.call(name, parameters).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path }] });
    expect(requests).toHaveLength(0);
  });

  it("is refused with every field that does not fit", async () => {
    const { modules } = await setUp();
    const error = await modules.call(name, { NUMC: "x", INT4: "1" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ issues: [{ path: "NUMC" }, { path: "INT4" }] });
  });
});
