import { describe, expect, it } from "vitest";
import { buildIdoc } from "../../src/idoc/build-idoc.js";
import { parseFlatIdocs } from "../../src/idoc/flat/parse-flat.js";
import { writeFlatIdocs } from "../../src/idoc/flat/write-flat.js";
import { parseIdocs } from "../../src/idoc/parse-idoc.js";
import { clock, fixture, order, partners, schemaOf } from "./support.js";

const schema = schemaOf("ORDERS05");
const options = { schema };
const numbered = order({ control: { ...order().control, DOCNUM: "0000000000000001" } });
const idoc = buildIdoc(numbered, { client: "100", partners, clock, idempotencyKey: "order-4711" });

describe("writeFlatIdocs", () => {
  const lines = writeFlatIdocs([idoc], options).split("\r\n");
  const at = (line: number, start: number, length: number) => lines[line]?.slice(start, start + length);

  it("puts every field of the control record at its place", () => {
    expect(lines[0]).toHaveLength(524);
    expect(at(0, 0, 10)).toBe("EDI_DC40  ");
    expect(at(0, 10, 3)).toBe("100");
    expect(at(0, 13, 16)).toBe("0000000000000001");
    expect(at(0, 35, 1)).toBe("2");
    expect(at(0, 39, 30)).toBe("ORDERS05".padEnd(30));
    expect(at(0, 99, 30)).toBe("ORDERS".padEnd(30));
    expect(at(0, 148, 10)).toBe("ISTHMUS   ");
    expect(at(0, 434, 70)).toBe("order-4711".padEnd(70));
    expect(at(0, 504, 20)).toBe("20261122101530123000");
  });

  it("writes data records of 1063 characters that say where each segment belongs", () => {
    expect(lines.slice(1, 4).map((line) => line.length)).toEqual([1063, 1063, 1063]);
    const numbers = [1, 2, 3].map((line) => [at(line, 0, 10), at(line, 49, 6), at(line, 55, 6), at(line, 61, 2)]);
    expect(numbers).toEqual([
      ["E1EDK01   ", "000001", "000000", "01"],
      ["E1EDP01   ", "000002", "000000", "02"],
      ["E1EDP19   ", "000003", "000002", "03"],
    ]);
    // ACTION has 3 characters and KZABS 1: CURCY stands behind them.
    expect(at(1, 63, 10)).toBe("    EUR   ");
  });

  it("names segments by their definitions where these are given, and finds them again", () => {
    const named = { schema, segmentDefinitions: { E1EDK01: "E2EDK01005" } };
    const text = writeFlatIdocs([idoc], named);
    expect(text.split("\r\n")[1]?.startsWith("E2EDK01005 ")).toBe(true);
    expect(parseFlatIdocs(text, named)).toEqual([idoc]);
    expect(parseFlatIdocs(text, options)).toEqual([idoc]);
    expect(parseFlatIdocs(text.replace("E2EDK01005", "E2EDK01   "), options)).toEqual([idoc]);
  });

  it.each([
    ["a line break in a value", { segments: [{ name: "E1EDK01", fields: { BELNR: "a\nb" } }] }],
    ["a value that is too long", { segments: [{ name: "E1EDK01", fields: { CURCY: "EURO" } }] }],
    ["a line break in the control record", { control: { ...order().control, REFINT: "a\rb" } }],
  ])("refuses %s", (_name, changes) => {
    const built = buildIdoc(order(changes), { client: "100", partners, clock, idempotencyKey: "k" });
    expect(() => writeFlatIdocs([built], options)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("refuses a control record that would be cut, and a field without a length", () => {
    const long = { ...idoc, control: { ...idoc.control, SNDPRN: "TWELVE-CHARS" } };
    expect(() => writeFlatIdocs([long], options)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    const type = { fields: new Map([["CURCY", { required: false }]]), segments: [] };
    const vague = { name: "ORDERS05", segments: [{ name: "E1EDK01", minOccurs: 0, maxOccurs: 1, type }] };
    const small = { control: idoc.control, segments: [{ name: "E1EDK01", fields: { CURCY: "E" }, segments: [] }] };
    expect(() => writeFlatIdocs([small], { schema: vague })).toThrow(
      expect.objectContaining({ message: expect.stringContaining("CURCY of E1EDK01 no length") }),
    );
  });
});

describe("parseFlatIdocs", () => {
  const text = writeFlatIdocs([idoc, idoc], options);

  it("reads several IDocs, lines that end in LF, and lines that are cut behind their last character", () => {
    expect(parseFlatIdocs(text, options)).toEqual([idoc, idoc]);
    const cut = text.split("\r\n").map((line) => line.trimEnd());
    expect(parseFlatIdocs(cut.join("\n"), options)).toEqual([idoc, idoc]);
  });

  it("gives what the same order says in XML", () => {
    const idocs = parseIdocs(fixture("ORDERS05.xml"));
    expect(parseFlatIdocs(writeFlatIdocs(idocs, options), options)).toEqual(idocs);
  });

  const lines = text.split("\r\n");
  it.each([
    ["nothing", ""],
    ["XML", "<ORDERS05/>"],
    ["a data record before a control record", lines.slice(1, 2).join("\n")],
    ["a segment that the schema does not have", text.replace("E1EDP01", "E1EDX01")],
    ["a parent that is not there", text.replace("000003000002", "000003000009")],
    ["a number twice", text.replace("000002000000", "000001000000")],
    ["a number that is none", text.replace("000002000000", "ABCDEF000000")],
  ])("refuses %s", (_name, document) => {
    expect(() => parseFlatIdocs(document, options)).toThrow(expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }));
  });
});
