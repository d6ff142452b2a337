import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CsvForm, delimiters, lineEndings, writeRow } from "./csv-form.js";
import { BadCsvError, readCsv } from "./csv-reader.js";

/** The rows of a text that comes in pieces of some bytes. */
async function read(text: string, form: CsvForm, pieceBytes = 1_000_000): Promise<string[][]> {
  const bytes = Buffer.from(text);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
  }
  const rows: string[][] = [];
  for await (const piece of readCsv(pieces(), form)) rows.push(...piece);
  return rows;
}

const lines: CsvForm = { columnDelimiter: "COMMA", lineEnding: "LF" };

describe("readCsv", () => {
  it("reads what was written, wherever the pieces end", async () => {
    const cell = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[,;|^`\t"\r\nÖ€😀a ]{0,6}$/u));
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
      );
    const form = fc.record({
      columnDelimiter: fc.constantFrom(...Object.keys(delimiters)),
      lineEnding: fc.constantFrom(...Object.keys(lineEndings)),
    });
    await fc.assert(
      fc.asyncProperty(table, form, fc.integer({ min: 1, max: 9 }), async (rows, written, pieceBytes) => {
        // A text cannot hold half of a surrogate pair.
        const sound = rows.map((row) => row.map((value) => value.toWellFormed()));
        const text = `\uFEFF${sound.map((row) => writeRow(row, written)).join("")}`;
        expect(await read(text, written, pieceBytes)).toEqual(sound);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [
      "a last line without an end",
      "a,b\nc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["empty lines", "a\n\nb\n\n", [["a"], ["b"]]],
    ["a line whose only value is empty, in quotes", 'a\n""\n', [["a"], [""]]],
    [
      "a delimiter at the end",
      "a,\n,b\n,",
      [
        ["a", ""],
        ["", "b"],
        ["", ""],
      ],
    ],
    ["quotes within an unquoted value", 'a"b,c\n', [['a"b', "c"]]],
    ["nothing", "", []],
  ])("reads %s", async (_case, text, rows) => {
    expect(await read(text, lines, 1)).toEqual(rows);
  });

  it.each([
    ['"a', lines],
    ['"a"b,c\n', lines],
    ["a\r\n", lines],
    ['"a"\r\n', lines],
    ["a\n", { ...lines, lineEnding: "CRLF" }],
  ])("refuses %j", async (text, form) => {
    await expect(read(text, form, 1)).rejects.toBeInstanceOf(BadCsvError);
  });
});
