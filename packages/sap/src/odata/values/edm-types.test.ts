import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelOf } from "../../../test/support/odata-models.js";
import { toLiteral } from "../literals.js";
import type { ODataVersion } from "../model.js";
import { toRecord } from "../to-record.js";
import { toWire } from "../to-wire.js";

/** One property P, read, written and as a literal. */
function property(version: ODataVersion, attributes: string) {
  const model = modelOf(version, { P: attributes });
  const type = model.types.get("S.Thing")?.properties.get("P");
  return {
    read: (wire: unknown) => toRecord(model, "S.Thing", { P: wire }).record.P,
    write: (value: unknown) => toWire(model, "S.Thing", { P: value }).P,
    literal: (value: unknown) => toLiteral(model, type ?? { type: "" }, value),
  };
}

type Row = readonly [version: ODataVersion, attributes: string, wire: unknown, ours: unknown, literal: string];

const guid = "42010AEF-0de5-1edb-8a9e-cc4a5c1d7f00";

const rows: readonly Row[] = [
  ["v2", 'Type="Edm.String"', "O'Reilly", "O'Reilly", "'O''Reilly'"],
  ["v2", 'Type="Edm.Boolean"', true, true, "true"],
  ["v2", 'Type="Edm.Byte"', 255, 255, "255"],
  ["v2", 'Type="Edm.SByte"', -128, -128, "-128"],
  ["v2", 'Type="Edm.Int16"', -32768, -32768, "-32768"],
  ["v2", 'Type="Edm.Int32"', 2147483647, 2147483647, "2147483647"],
  ["v2", 'Type="Edm.Int64"', "-9223372036854775808", "-9223372036854775808", "-9223372036854775808L"],
  [
    "v2",
    'Type="Edm.Decimal" Precision="20" Scale="3"',
    "12345678901234567.890",
    "12345678901234567.890",
    "12345678901234567.890M",
  ],
  ["v2", 'Type="Edm.Double"', 1.5, 1.5, "1.5d"],
  ["v2", 'Type="Edm.Double"', "NaN", "NaN", "NaN"],
  ["v2", 'Type="Edm.Single"', -0.25, -0.25, "-0.25f"],
  ["v2", 'Type="Edm.Guid"', guid, guid, `guid'${guid}'`],
  ["v2", 'Type="Edm.Binary"', "+/8=", "+/8=", "X'FBFF'"],
  ["v2", 'Type="Edm.DateTime"', "/Date(1795683600000)/", "2026-11-26T09:00:00", "datetime'2026-11-26T09:00:00'"],
  ["v2", 'Type="Edm.DateTime"', "/Date(-62135596800000)/", "0001-01-01T00:00:00", "datetime'0001-01-01T00:00:00'"],
  [
    "v2",
    'Type="Edm.DateTime"',
    "/Date(253402300799999)/",
    "9999-12-31T23:59:59.999",
    "datetime'9999-12-31T23:59:59.999'",
  ],
  [
    "v2",
    'Type="Edm.DateTimeOffset"',
    "/Date(1795683600000+0000)/",
    "2026-11-26T09:00:00Z",
    "datetimeoffset'2026-11-26T09:00:00Z'",
  ],
  ["v2", 'Type="Edm.Time"', "PT09H30M05S", "09:30:05", "time'PT09H30M05S'"],
  ["v2", 'Type="Edm.Time"', "PT24H00M00S", "24:00:00", "time'PT24H00M00S'"],
  ["v4", 'Type="Edm.Int64"', "9007199254740993", "9007199254740993", "9007199254740993"],
  ["v4", 'Type="Edm.Decimal" Scale="variable"', "-0.10", "-0.10", "-0.10"],
  ["v4", 'Type="Edm.Double"', "-INF", "-INF", "-INF"],
  ["v4", 'Type="Edm.Double"', 1e300, 1e300, "1e+300"],
  ["v4", 'Type="Edm.Guid"', guid, guid, guid],
  ["v4", 'Type="Edm.Binary"', "-_8", "+/8=", "binary'-_8'"],
  ["v4", 'Type="Edm.Date"', "2024-02-29", "2024-02-29", "2024-02-29"],
  ["v4", 'Type="Edm.TimeOfDay" Precision="3"', "23:59:59.999", "23:59:59.999", "23:59:59.999"],
  [
    "v4",
    'Type="Edm.DateTimeOffset" Precision="7"',
    "2026-11-26T09:00:00.1234567+01:00",
    "2026-11-26T09:00:00.1234567+01:00",
    "2026-11-26T09:00:00.1234567+01:00",
  ],
  ["v4", 'Type="Edm.Duration"', "-P1DT2H3M4.5S", "-P1DT2H3M4.5S", "duration'-P1DT2H3M4.5S'"],
];

describe("values of Edm types", () => {
  it.each(rows)(
    "%s %s: %j on the wire is %j, both ways, and %s in a URL",
    (version, attributes, wire, ours, literal) => {
      const { read, write, literal: inUrl } = property(version, attributes);
      expect(read(wire)).toEqual(ours);
      expect(write(ours)).toEqual(wire);
      expect(inUrl(ours)).toBe(literal);
    },
  );

  it.each([
    ["v2", 'Type="Edm.DateTimeOffset"', "/Date(1795687200000+0060)/", "2026-11-26T10:00:00+01:00"],
    ["v2", 'Type="Edm.DateTimeOffset"', "/Date(1795663800000-0330)/", "2026-11-26T03:30:00-05:30"],
    ["v2", 'Type="Edm.DateTimeOffset"', "/Date(1795683600000)/", "2026-11-26T09:00:00Z"],
    ["v2", 'Type="Edm.DateTime"', "2026-11-26T09:00:00Z", "2026-11-26T09:00:00"],
    ["v2", 'Type="Edm.Time"', "PT9H", "09:00:00"],
    ["v2", 'Type="Edm.Double"', "1.5000000000000000E+00", 1.5],
    ["v2", 'Type="Edm.Int32"', "12", 12],
    ["v2", 'Type="Edm.Boolean"', "true", true],
    ["v2", 'Type="Edm.Binary"', "QUJD\r\nREVG", "QUJDREVG"],
    ["v2", 'Type="Edm.Decimal"', 12.5, "12.5"],
    ["v4", 'Type="Edm.Decimal"', "1.5E-3", "0.0015"],
    ["v4", 'Type="Edm.Decimal"', 1e21, "1000000000000000000000"],
    ["v4", 'Type="Edm.Int64"', 42, "42"],
    ["v4", 'Type="Edm.Binary"', "+/8=", "+/8="],
  ] as const)("%s %s: reads %j, which some services write, as %j", (version, attributes, wire, ours) => {
    expect(property(version, attributes).read(wire)).toBe(ours);
  });

  it.each([
    ["v2", 'Type="Edm.DateTime"', "2026-11-26", "/Date(1795651200000)/"],
    ["v2", 'Type="Edm.DateTimeOffset"', "2026-11-26T10:00:00+01:00", "/Date(1795683600000+0000)/"],
    ["v2", 'Type="Edm.Time"', "09:30", "PT09H30M00S"],
    ["v2", 'Type="Edm.Decimal" Precision="5" Scale="2"', 12.5, "12.5"],
    ["v2", 'Type="Edm.Decimal" Precision="3" Scale="2"', "1.2500", "1.2500"],
    ["v2", 'Type="Edm.String" MaxLength="2"', "👍👍", "👍👍"],
    ["v4", 'Type="Edm.Int64"', 42, "42"],
    ["v4", 'Type="Edm.Double"', Number.POSITIVE_INFINITY, "INF"],
    ["v4", 'Type="Edm.DateTimeOffset" Precision="0"', "2026-11-26T09:00:00.000Z", "2026-11-26T09:00:00.000Z"],
  ] as const)("%s %s: takes %j and writes %j", (version, attributes, ours, wire) => {
    expect(property(version, attributes).write(ours)).toBe(wire);
  });

  it.each([
    ["v2", 'Type="Edm.String" MaxLength="3"', "abcd"],
    ["v2", 'Type="Edm.String"', "\ud800"],
    ["v2", 'Type="Edm.String"', 5],
    ["v2", 'Type="Edm.String" Nullable="false"', null],
    ["v2", 'Type="Edm.Boolean"', "true"],
    ["v2", 'Type="Edm.Byte"', 256],
    ["v2", 'Type="Edm.Int32"', 1.5],
    ["v2", 'Type="Edm.Int32"', "1"],
    ["v2", 'Type="Edm.Int64"', "9223372036854775808"],
    ["v2", 'Type="Edm.Int64"', 1e17],
    ["v2", 'Type="Edm.Decimal"', 0.1 + 0.2],
    ["v2", 'Type="Edm.Decimal"', "1,5"],
    ["v2", 'Type="Edm.Decimal"', "1e9999"],
    ["v2", 'Type="Edm.Decimal"', ""],
    ["v2", 'Type="Edm.Decimal" Precision="5" Scale="2"', "1.555"],
    ["v2", 'Type="Edm.Decimal" Precision="5" Scale="2"', "1234.5"],
    ["v2", 'Type="Edm.Guid"', "42010aef"],
    ["v2", 'Type="Edm.Binary"', "A"],
    ["v2", 'Type="Edm.Binary"', "%%%%"],
    ["v2", 'Type="Edm.Binary" MaxLength="2"', "QUJD"],
    ["v2", 'Type="Edm.DateTime"', "2026-11-26T09:00:00Z"],
    ["v2", 'Type="Edm.DateTime"', "2026-02-29T00:00:00"],
    ["v2", 'Type="Edm.DateTime"', "2026-11-26T09:00:00.1234"],
    ["v2", 'Type="Edm.DateTimeOffset"', "2026-11-26T09:00:00"],
    ["v2", 'Type="Edm.DateTime" Precision="0"', "2026-11-26T09:00:00.5"],
    ["v2", 'Type="Edm.Time" Precision="0"', "09:00:00.5"],
    ["v2", 'Type="Edm.Time"', "25:00:00"],
    ["v2", 'Type="Edm.Single"', 1e39],
    ["v4", 'Type="Edm.Date"', "2026-13-01"],
    ["v4", 'Type="Edm.Date"', "2026-11-26T00:00:00"],
    ["v4", 'Type="Edm.Date"', "1900-02-29"],
    ["v4", 'Type="Edm.TimeOfDay" Precision="0"', "09:00:00.5"],
    ["v4", 'Type="Edm.DateTimeOffset"', "2026-11-26T09:00:00+25:00"],
    ["v4", 'Type="Edm.Duration"', "P1Y"],
    ["v4", 'Type="Edm.Duration"', "PT"],
    ["v4", 'Type="Edm.Stream"', "x"],
    ["v4", 'Type="S.Unknown"', "x"],
    ["v4", 'Type="Collection(Edm.String)"', "x"],
  ] as const)("%s %s: refuses to write %j, and does not repeat it", (version, attributes, value) => {
    const refused = {
      code: "VALIDATION_FAILED",
      issues: [{ path: "P", message: expect.stringMatching(/^(must|has)/) }],
    };
    expect(() => property(version, attributes).write(value)).toThrow(expect.objectContaining(refused));
  });

  it.each([
    ["v2", 'Type="Edm.DateTime"', "/Date(99999999999999999)/"],
    ["v2", 'Type="Edm.DateTime"', "0000-00-00"],
    ["v2", 'Type="Edm.DateTimeOffset"', "/Date(0+1440)/"],
    ["v2", 'Type="Edm.Time"', "PT99H"],
    ["v4", 'Type="Edm.Int64"', 9007199254740994],
    ["v4", 'Type="Edm.Decimal"', 0.1 + 0.2],
    ["v4", 'Type="Edm.String"', { a: 1 }],
    ["v4", 'Type="Collection(Edm.Int32)"', [1, "x"]],
  ] as const)("%s %s: refuses to read %j as a value", (version, attributes, wire) => {
    expect(() => property(version, attributes).read(wire)).toThrow(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE", message: expect.stringContaining("P") }),
    );
  });

  it("gives back any decimal and any Int64 digit by digit", () => {
    const decimal = property("v2", 'Type="Edm.Decimal"');
    const int64 = property("v4", 'Type="Edm.Int64"');
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.stringMatching(/^\d{1,30}$/),
        (whole, fraction) => {
          expect(decimal.read(decimal.write(`${whole}.${fraction}`))).toBe(`${whole}.${fraction}`);
          expect(int64.read(int64.write(`${whole}`))).toBe(`${whole}`);
        },
      ),
    );
  });

  it("gives back any instant to the millisecond, and any bytes", () => {
    const [instant, local] = [property("v2", 'Type="Edm.DateTimeOffset"'), property("v2", 'Type="Edm.DateTime"')];
    const binary = property("v4", 'Type="Edm.Binary"');
    const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.uint8Array(), (time, bytes) => {
        const text = time.toISOString();
        expect(Date.parse(String(instant.read(instant.write(text))))).toBe(time.getTime());
        expect(Date.parse(`${local.read(local.write(text.slice(0, -1)))}Z`)).toBe(time.getTime());
        const base64 = Buffer.from(bytes).toString("base64");
        expect(binary.read(binary.write(base64))).toBe(base64);
      }),
    );
  });
});
