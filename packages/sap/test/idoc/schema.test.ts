import { describe, expect, it } from "vitest";
import type { Idoc, IdocSegment } from "../../src/idoc/idoc.js";
import { checkAgainstSchema } from "../../src/idoc/schema/check-against-schema.js";
import { segmentTypes } from "../../src/idoc/schema/idoc-schema.js";
import { readIdocSchema } from "../../src/idoc/schema/read-idoc-schema.js";
import { fixture, schemaOf } from "./support.js";

const orders = schemaOf("ORDERS05");

function segment(name: string, fields: Record<string, string> = {}, segments: IdocSegment[] = []): IdocSegment {
  return { name, fields, segments };
}

function check(segments: IdocSegment[], control: Idoc["control"] = { IDOCTYP: "ORDERS05" }) {
  return checkAgainstSchema({ control, segments }, orders);
}

describe("readIdocSchema", () => {
  it("reads nested types: fields in order with their lengths, segments with their occurrence", () => {
    expect(orders.name).toBe("ORDERS05");
    expect(orders.segments.map(({ name, minOccurs, maxOccurs }) => [name, minOccurs, maxOccurs])).toEqual([
      ["E1EDK01", 1, 1],
      ["E1EDK14", 0, 12],
      ["E1EDK03", 0, 10],
      ["E1EDKA1", 0, 99],
      ["E1EDK02", 0, 10],
      ["E1EDKT1", 0, 99],
      ["E1EDP01", 0, 999_999],
      ["E1EDS01", 0, 2],
    ]);
    const item = segmentTypes(orders).get("E1EDP01");
    expect([...(item?.fields ?? [])].slice(0, 2)).toEqual([
      ["POSEX", { maxLength: 6, required: false }],
      ["ACTION", { maxLength: 3, required: false }],
    ]);
    expect(segmentTypes(orders).get("E1EDKT1")?.segments[0]?.maxOccurs).toBe(9_999_999_999);
  });

  it("reads named types in a namespace of their own, and names with a namespace of SAP's", () => {
    expect([...segmentTypes(schemaOf("MATMAS05")).keys()]).toEqual(
      "E1MARAM E1MAKTM E1MARCM E1MARDM E1MARMM".split(" "),
    );
    const customer = segmentTypes(schemaOf("DEBMAS07"));
    expect(customer.get("/ROP/E1DATA")?.fields.get("/ROP/VALUE")).toEqual({ maxLength: 20, required: false });
  });

  it("reads a field that is required, one that is unbounded and one that an element elsewhere declares", () => {
    const schema = readIdocSchema(
      xsd(`<xsd:element name="T"><xsd:complexType><xsd:sequence><xsd:element name="IDOC"><xsd:complexType><xsd:sequence>
        <xsd:element ref="Z1A" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType></xsd:element></xsd:sequence></xsd:complexType></xsd:element>
        <xsd:element name="Z1A"><xsd:complexType><xsd:sequence><xsd:element name="F" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>`),
    );
    expect(schema.segments[0]).toMatchObject({ name: "Z1A", minOccurs: 1, maxOccurs: Number.POSITIVE_INFINITY });
    expect(schema.segments[0]?.type.fields.get("F")).toEqual({ required: true });
  });

  const type = (name: string, content: string) =>
    `<xsd:complexType name="${name}"><xsd:sequence>${content}</xsd:sequence></xsd:complexType>`;
  const element = (name: string, of: string, more = "") => `<xsd:element name="${name}" type="${of}" ${more}/>`;
  /** A schema whose IDoc holds `content`, with further types beside it. */
  const document = (content: string, ...types: string[]) =>
    xsd(element("T", "Root") + type("Root", element("IDOC", "Idoc")) + type("Idoc", content) + types.join(""));
  const text = (more: string) => element("Z1A", "xsd:string", more);

  it.each([
    [
      "a segment that contains itself",
      document(element("Z1A", "A"), type("A", element("Z1B", "A"))),
      "contains itself",
    ],
    [
      "segments in a circle",
      document(element("Z1A", "A"), type("A", element("Z1B", "B")), type("B", element("Z1C", "A"))),
      "contains itself",
    ],
    ["a type that is not there", document(element("Z1A", "other:A")), "nothing is imported"],
    ["an occurrence of a thousand digits", document(text(`maxOccurs="${"9".repeat(1000)}"`)), "is no number"],
    ["a negative occurrence", document(text('minOccurs="-1"')), "is no number"],
    ["alternatives", document("<xsd:choice><xsd:element name='A'/></xsd:choice>"), "has a choice"],
    ["an element without a name", document("<xsd:element/>"), "without a name"],
    ["a schema of something else", xsd(element("T", "xsd:string")), "holds an IDOC"],
    ["no schema", "<a/>", "not an XML schema"],
    ["HTML", "<html><br></html>", "cannot be read"],
    ["an external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "document type"],
    [
      "a thousand levels",
      document(
        element("Z1", "L0"),
        ...Array.from({ length: 1_000 }, (_, at) => type(`L${at}`, element("Z1", `L${at + 1}`))),
      ),
      "deeper than 32 levels",
    ],
    [
      "six thousand segments at one place",
      document(Array.from({ length: 6_000 }, (_, at) => element(`Z${at}`, "A")).join(""), type("A", "")),
      "more than 1000 fields or 5000 segments",
    ],
  ])("refuses %s", (_name, schema, message) => {
    expect(() => readIdocSchema(schema)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", message: expect.stringContaining(message) }),
    );
  });

  it("reads a schema whose tree would have a billion places in the time of its thirty types", () => {
    const levels = Array.from({ length: 30 }, (_, at) =>
      type(`L${at}`, at === 29 ? "" : element("Z1A", `L${at + 1}`) + element("Z1B", `L${at + 1}`)),
    );
    const schema = readIdocSchema(document(element("Z1", "L0"), ...levels));
    expect([...segmentTypes(schema).keys()].toSorted()).toEqual(["Z1", "Z1A", "Z1B"]);
  });

  it("refuses to say where fields stand when a segment has other fields in one place than in another", () => {
    const schema = readIdocSchema(
      document(
        element("Z1A", "A") + element("Z1B", "B"),
        type("A", element("F", "xsd:string")),
        type("B", element("Z1A", "C")),
        type("C", element("G", "xsd:string")),
      ),
    );
    expect(() => segmentTypes(schema)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("fetches nothing that a schema imports or includes", () => {
    const imported = fixture("ORDERS05.xsd")
      .toString()
      .replace(
        '<xsd:element name="ORDERS05">',
        '<xsd:import schemaLocation="file:///etc/passwd"/><xsd:include schemaLocation="http://169.254.169.254/"/>$&',
      );
    expect(readIdocSchema(imported).segments).toHaveLength(8);
  });
});

describe("checkAgainstSchema", () => {
  const header = segment("E1EDK01");

  it("finds nothing wrong with what the type allows", () => {
    expect(check([header, segment("E1EDP01", {}, [segment("E1EDP20"), segment("E1EDP19")])])).toEqual([]);
  });

  it.each([
    ["an unknown segment", [header, segment("E1EDZ99")], "segments.1.name", "ORDERS05 has no segment E1EDZ99."],
    [
      "a segment at the wrong level",
      [header, segment("E1EDP19")],
      "segments.1.name",
      "ORDERS05 has no segment E1EDP19.",
    ],
    ["an unknown field", [segment("E1EDK01", { FOO: "" })], "segments.0.fields.FOO", "E1EDK01 has no field FOO."],
    [
      "a field of the prototype",
      [segment("E1EDK01", { constructor: "" })],
      "segments.0.fields.constructor",
      "E1EDK01 has no field constructor.",
    ],
    [
      "a value that is too long",
      [segment("E1EDK01", { CURCY: "EURO" })],
      "segments.0.fields.CURCY",
      "CURCY of E1EDK01 holds at most 3 characters.",
    ],
    [
      "a wrong order",
      [header, segment("E1EDP01"), segment("E1EDK03")],
      "segments.2",
      "E1EDK03 has to stand before E1EDP01.",
    ],
    [
      "a wrong order below",
      [header, segment("E1EDP01", {}, [segment("E1EDP19"), segment("E1EDP20")])],
      "segments.1.segments.1",
      "E1EDP20 has to stand before E1EDP19.",
    ],
    ["too many", [header, header], "segments.1", "ORDERS05 holds at most 1 of E1EDK01."],
    ["too few", [], "segments", "ORDERS05 has to hold at least 1 of E1EDK01."],
  ])("names the path of %s", (_name, segments, path, message) => {
    expect(check(segments)).toEqual([{ path, message }]);
  });

  it("asks for a control record that names the schema's type or extension", () => {
    expect(check([header], { IDOCTYP: "ORDERS04" })).toEqual([expect.objectContaining({ path: "control.IDOCTYP" })]);
    expect(check([header], { IDOCTYP: "ORDERS04", CIMTYP: "ORDERS05" })).toEqual([]);
  });

  it("counts a character beyond the basic plane as the two units that SAP's field has for it", () => {
    expect(check([segment("E1EDK01", { CURCY: "😀a" })])).toEqual([]);
    expect(check([segment("E1EDK01", { CURCY: "😀😀" })])).toHaveLength(1);
  });

  it("tells a hundred things at most of a document of another type", () => {
    const wrong = Array.from({ length: 5_000 }, (_, at) => segment(`Z1${at}`, { A: "" }));
    expect(check(wrong)).toHaveLength(100);
  });
});

function xsd(content: string): string {
  return `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:other="urn:other">${content}</xsd:schema>`;
}
