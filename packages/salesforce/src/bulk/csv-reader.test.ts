import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnDelimiters } from "./csv-format.js";
import { CsvReader, type CsvRow } from "./csv-reader.js";

class Refused extends Error {}

function readPieces(pieces: readonly Buffer[], delimiter = ",", maxFieldChars = 131_072): CsvRow[] {
  const fail = (problem: string, row: number) => new Refused(`row ${row}: ${problem}`);
  const reader = new CsvReader({ delimiter, empty: "", maxFieldChars, fail });
  const rows: CsvRow[] = [];
  const take = () => {
    for (let row = reader.next(); row !== undefined; row = reader.next()) rows.push(row);
  };
  for (const piece of pieces) {
    reader.push(piece);
    take();
  }
  reader.finish();
  take();
  return rows;
}

function read(text: string, delimiter = ","): CsvRow[] {
  return readPieces([Buffer.from(text)], delimiter);
}

/** Cuts a text anywhere, within characters too. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const delimiter = fc.constantFrom(...Object.values(columnDelimiters));
const places = fc.array(fc.nat(), { maxLength: 8 });
const hostile = fc.string({
  unit: fc.constantFrom('"', ",", ";", "\t", "|", "^", "`", "\n", "\r", "\r\n", "a", " ", "é", "漢", "😀", "'", "#N/A"),
  maxLength: 6,
});
const cell = fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 12 }));

const table = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    names: fc.uniqueArray(cell, { minLength: width, maxLength: width }),
    rows: fc.array(fc.array(fc.record({ text: cell, quoted: fc.boolean() }), { minLength: width, maxLength: width })),
    delimiter,
    lineEnd: fc.constantFrom("\n", "\r\n"),
    endsWithLine: fc.boolean(),
    places,
  }),
);

describe("CsvReader", () => {
  it("reads what csv-parse reads, whatever the table, however it is cut", () => {
    fc.assert(
      fc.property(table, ({ names, rows, delimiter, lineEnd, endsWithLine, places }) => {
        const write = ({ text, quoted }: { text: string; quoted: boolean }) =>
          quoted || text === "" || /["\r\n,;\t|^`\ufeff]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const header = names.map((text) => ({ text, quoted: true }));
        const lines = [header, ...rows].map((row) => row.map(write).join(delimiter));
        const bytes = Buffer.from(lines.join(lineEnd) + (endsWithLine ? lineEnd : ""));
        const expected = parse(bytes, { delimiter, record_delimiter: ["\r\n", "\n"] });
        fc.pre(!names.includes("") && !names.includes("__proto__"));
        const found = readPieces(cut(bytes, places), delimiter);
        expect(found.map((row) => names.map((name) => row[name]))).toEqual(expected.slice(1));
        expect(found.map((row) => names.map((name) => row[name]))).toEqual(
          rows.map((row) => row.map(({ text }) => text.toWellFormed())),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("refuses a broken text or reads it as csv-parse does, never otherwise", () => {
    const text = fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r\n", "\r", "a", "é"), maxLength: 24 });
    fc.assert(
      fc.property(text, places, (body, places) => {
        const bytes = Buffer.from(`x,y\n${body}`);
        let found: CsvRow[];
        try {
          found = readPieces(cut(bytes, places));
        } catch (error) {
          expect(error).toBeInstanceOf(Refused);
          return;
        }
        expect(found).toEqual(parse(bytes, { columns: true, record_delimiter: ["\r\n", "\n"] }));
      }),
      { numRuns: 5_000 },
    );
  });

  it("gives the same rows for every place where a text can be cut in two", () => {
    const text = Buffer.from('\ufeffName,"Cit""y"\r\n"a ""b"" é","line\r\nbreak"\r\n漢字,😀\r\n"",x');
    const whole = readPieces([text]);
    expect(whole).toEqual([
      { Name: 'a "b" é', 'Cit"y': "line\r\nbreak" },
      { Name: "漢字", 'Cit"y': "😀" },
      { Name: "", 'Cit"y': "x" },
    ]);
    for (let place = 0; place <= text.length; place += 1) expect(readPieces(cut(text, [place]))).toEqual(whole);
    const single = Array.from(text, (byte) => Buffer.from([byte]));
    expect(readPieces(single)).toEqual(whole);
  });

  it("keeps the order of the header in every row", () => {
    const [row = {}] = read("b,a,c\n1,,3\n");
    expect(Object.keys(row)).toEqual(["b", "a", "c"]);
  });

  it("reads a header without rows, and nothing at all", () => {
    expect(read("Id,Name\n")).toEqual([]);
    expect(read("")).toEqual([]);
  });

  it.each([
    ["a row with too few fields", "a,b\n1\n", "row 2"],
    ["a row with too many fields", "a,b\n1,2\n1,2,3\n", "row 3"],
    ["an empty line between rows", "a,b\n1,2\n\n3,4\n", "row 3"],
    ["a quote that is not closed", 'a,b\n"1,2\n3,4\n', "row 2"],
    ["a quote within a field", 'a,b\n1"2,3\n', "row 2"],
    ["text behind a closing quote", 'a,b\n"1"2,3\n', "row 2"],
    ["a carriage return by itself", "a,b\n1,2\r3,4\n", "row 2"],
    ["a column without a name", "a,\n1,2\n", "row 1"],
    ["two columns of one name", "a,a\n1,2\n", "row 1"],
    ["a column that would change what the row is", "a,__proto__\n1,2\n", "row 1"],
  ])("refuses %s", (_what, text, place) => {
    expect(() => read(text)).toThrow(place);
  });

  it("refuses bytes that are not UTF-8", () => {
    const bytes = Buffer.from([...Buffer.from("a,b\n1,"), 0xc3, 0x28, 0x0a]);
    expect(() => readPieces([bytes])).toThrow("UTF-8");
  });

  it("refuses a field that is too long, and takes one that just fits", () => {
    expect(readPieces([Buffer.from(`a\n${"x".repeat(10)}\n`)], ",", 10)).toHaveLength(1);
    expect(() => readPieces([Buffer.from(`a\n${"x".repeat(11)}\n`)], ",", 10)).toThrow("longer than 10");
  });

  it("gives up on a row that does not end, in a time that does not grow with its square", () => {
    const piece = Buffer.alloc(64 * 1024, "x");
    const endless = [Buffer.from('a\n"'), ...Array.from({ length: 600 }, () => piece)];
    expect(() => readPieces(endless)).toThrow("does not end");
  });

  it("begins another text with a header of its own, wherever the one before was left", () => {
    const fail = (problem: string, row: number) => new Refused(`row ${row}: ${problem}`);
    const reader = new CsvReader({ delimiter: ",", empty: "", maxFieldChars: 100, fail });
    for (const left of ['a,b\n1,2\n3,"', "a,b\n1,2\n3,4\n", "a,b\n1,2", "a,", ""]) {
      reader.push(Buffer.from(left));
      while (reader.next() !== undefined) {}

      reader.restart();
      expect(reader).toMatchObject({ header: undefined, rows: 0 });
      reader.push(Buffer.from('\ufeffc,a\n"5",\n6,7'));
      const rows = [reader.next(), reader.next()];
      reader.finish();
      rows.push(reader.next(), reader.next());

      expect(rows).toEqual([{ c: "5", a: "" }, undefined, { c: "6", a: "7" }, undefined]);
      expect(reader).toMatchObject({ header: ["c", "a"], rows: 2 });
      reader.restart();
    }
  });
});
