import { findForbiddenCharacter, isConnectorError } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFlatIdocs } from "../../src/idoc/flat/parse-flat.js";
import { writeFlatIdocs } from "../../src/idoc/flat/write-flat.js";
import type { Idoc, IdocSegment } from "../../src/idoc/idoc.js";
import { parseIdocs } from "../../src/idoc/parse-idoc.js";
import type { IdocSchema, IdocSegmentRule, IdocSegmentType } from "../../src/idoc/schema/idoc-schema.js";
import { readIdocSchema } from "../../src/idoc/schema/read-idoc-schema.js";
import { writeIdocXml } from "../../src/idoc/write-idoc-xml.js";
import { fixture, schemaOf } from "./support.js";

const nasty = [
  "&",
  "<",
  ">",
  '"',
  "'",
  "]]>",
  "&#0;",
  "<!--",
  "\r",
  "\n",
  "\t",
  " ",
  "  ",
  "ß",
  "😀",
  "\u2028",
  "\ufeff",
];
const characters = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary", maxLength: 3 }));

const xmlText = (length: number) =>
  fc
    .array(characters, { maxLength: 6 })
    .map((parts) => parts.join("").slice(0, length))
    .filter((text) => findForbiddenCharacter(text) === undefined);

// The flat form keeps neither blanks at the end nor an empty value, and refuses controls.
const flatText = (length: number) =>
  xmlText(length)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that it refuses.
    .map((text) => text.replaceAll(/[\u0000-\u001f\u007f]/g, "~").replace(/ +$/, ""))
    .filter((text) => text !== "");

type TextOf = (length: number) => fc.Arbitrary<string>;

/** Any IDoc that a schema allows. */
function idocsOf(schema: IdocSchema, textOf: TextOf): fc.Arbitrary<Idoc> {
  const control = fc.record({ SNDPRN: textOf(10), ARCKEY: textOf(70), DOCNUM: fc.constant("0000000000000001") });
  return fc.record({
    control: control.map((fields) => ({ TABNAM: "EDI_DC40", IDOCTYP: schema.name, MESTYP: "X", ...fields })),
    segments: segmentsOf(schema.segments, textOf),
  });
}

function segmentsOf(rules: readonly IdocSegmentRule[], textOf: TextOf): fc.Arbitrary<IdocSegment[]> {
  const each = rules.map(({ name, minOccurs, maxOccurs, type }) =>
    fc.array(segmentOf(name, type, textOf), { minLength: minOccurs, maxLength: Math.min(maxOccurs, 2) }),
  );
  return fc.tuple(...each).map((groups) => groups.flat());
}

function segmentOf(name: string, type: IdocSegmentType, textOf: TextOf): fc.Arbitrary<IdocSegment> {
  const fields = [...type.fields].map(([field, { maxLength = 10 }]) =>
    fc
      .option(textOf(maxLength), { nil: undefined })
      .map((text) => (text === undefined ? [] : [[field, text] as const])),
  );
  return fc.record({
    name: fc.constant(name),
    fields: fc.tuple(...fields).map((given) => Object.fromEntries(given.flat())),
    segments: segmentsOf(type.segments, textOf),
  });
}

describe.each(["ORDERS05", "DEBMAS07", "MATMAS05"] as const)("%s", (name) => {
  const schema = schemaOf(name);

  it("comes back from XML as it was written, whatever its texts", () => {
    fc.assert(
      fc.property(fc.array(idocsOf(schema, xmlText), { minLength: 1, maxLength: 2 }), (idocs) => {
        expect(parseIdocs(writeIdocXml(idocs, schema), { schema })).toEqual(idocs);
        expect(parseIdocs(Buffer.from(writeIdocXml(idocs)))).toEqual(idocs);
      }),
      { numRuns: 25 },
    );
  });

  it("comes back from the flat form as it was written", () => {
    fc.assert(
      fc.property(fc.array(idocsOf(schema, flatText), { minLength: 1, maxLength: 2 }), (idocs) => {
        expect(parseFlatIdocs(writeFlatIdocs(idocs, { schema }), { schema })).toEqual(idocs);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a document that was damaged", () => {
  const schema = schemaOf("ORDERS05");
  const order = fixture("ORDERS05.xml");
  const flat = Buffer.from(writeFlatIdocs(parseIdocs(order), { schema }));
  const xsd = fixture("ORDERS05.xsd").subarray(0, 6_000);

  /** Parts cut out, doubled, moved, or overwritten with anything. */
  const damage = fc.array(
    fc.record({
      at: fc.nat(8_000),
      length: fc.nat(300),
      with: fc.oneof(
        fc.constantFrom("", "<", "&", "]]>", '"', "<IDOC>", "<!DOCTYPE a>", "\u0000", "&#xD800;", "</IDOC></ORDERS05>"),
        fc.string({ unit: "binary" }),
      ),
      double: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );

  it.each([
    ["XML", order, (bytes: Buffer) => parseIdocs(bytes)],
    ["XML with a schema", order, (bytes: Buffer) => parseIdocs(bytes, { schema })],
    ["the flat form", flat, (bytes: Buffer) => parseFlatIdocs(bytes.toString(), { schema })],
    ["a schema", xsd, (bytes: Buffer) => readIdocSchema(bytes)],
  ])("is read or refused by a typed error: %s", (_name, document, parse) => {
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = changes.reduce((bytes, { at, length, with: text, double }) => {
          const start = at % (bytes.length + 1);
          const piece = double ? bytes.subarray(start, start + length) : Buffer.alloc(0);
          return Buffer.concat([bytes.subarray(0, start), piece, Buffer.from(text), bytes.subarray(start + length)]);
        }, document);
        try {
          parse(damaged);
        } catch (error) {
          expect(isConnectorError(error)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
