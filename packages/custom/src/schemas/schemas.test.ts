import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchemaOption } from "../options/json-schema-option.js";
import { findSchemaProblems } from "./check-schema.js";
import { compileInput, compileSchema } from "./compile-schema.js";
import { findPatternProblem } from "./linear-pattern.js";

const problemsOf = (schema: unknown) => findSchemaProblems(schema).map(({ path }) => path.join("."));

describe("a JSON Schema", () => {
  it.each<[object, unknown[], unknown[]]>([
    [{}, [1, null, {}], []],
    [{ type: "string", minLength: 2, maxLength: 3 }, ["ab"], ["a", "abcd", 1]],
    [{ type: "string", pattern: "^\\d{2}$" }, ["12"], ["123", "ab"]],
    [{ type: "string", format: "date-time" }, ["2026-01-01T00:00:00Z"], ["yesterday"]],
    [{ type: "string", format: "email" }, ["ada@example.com"], ["ada"]],
    [{ type: "string", format: "uuid" }, ["0190d2f0-7b1c-7f00-8000-000000000000"], ["1"]],
    [{ type: "string", format: "uri" }, ["https://example.com"], ["a b"]],
    [{ type: "string", format: "date" }, ["2026-01-31"], ["2026-02-31"]],
    [{ type: ["string", "null"], minLength: 2 }, ["ab", null], ["a", 1]],
    [{ type: "integer", minimum: 1, maximum: 5 }, [1, 5], [0, 6, 1.5, "1"]],
    [{ type: "number", exclusiveMinimum: 0, multipleOf: 0.5 }, [0.5, 2], [0, 0.3]],
    [{ type: "boolean" }, [true], ["true", 1]],
    [{ type: "null" }, [null], [0]],
    [{ enum: ["a", 1, null] }, ["a", 1, null], ["b", 2]],
    [{ const: 7 }, [7], [8, "7"]],
    [{ anyOf: [{ type: "string" }, { type: "integer" }] }, ["a", 1], [true, 1.5]],
    [{ oneOf: [{ type: "integer" }, { type: "number", minimum: 5 }] }, [1, 5.5], [6, "a"]],
    [{ type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3], ["a"]]],
    [
      { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
      [{ a: 1 }, { a: 1, b: 2 }],
      [{}, { a: "1" }, []],
    ],
    [{ type: "object", additionalProperties: { type: "string" } }, [{}, { a: "b" }], [{ a: 1 }]],
    [{ type: "object", properties: { a: {} }, additionalProperties: false }, [{}, { a: 1 }], [{ b: 1 }]],
  ])("%j means what it says", (schema, fitting, unfitting) => {
    expect(problemsOf(schema)).toEqual([]);
    const compiled = compileSchema({ ...schema });
    for (const value of fitting) expect(compiled.safeParse(value).success, JSON.stringify(value)).toBe(true);
    for (const value of unfitting) expect(compiled.safeParse(value).success, JSON.stringify(value)).toBe(false);
  });

  it.each<[unknown, string]>([
    [{ minLength: 3 }, "minLength"],
    [{ type: "integer", minLength: 3 }, "minLength"],
    [{ type: "frob" }, "type"],
    [{ type: [] }, "type"],
    [{ type: "string", format: "hostname" }, "format"],
    [{ type: "string", minLength: -1 }, "minLength"],
    [{ type: "string", pattern: "(a+)+$" }, "pattern"],
    [{ type: "array", uniqueItems: true }, "uniqueItems"],
    [{ type: "array", contains: {} }, "contains"],
    [{ type: "object", patternProperties: {} }, "patternProperties"],
    [{ type: "object", required: ["a"] }, "required"],
    [{ type: "object", properties: { a: { $ref: "#" } } }, "properties.a.$ref"],
    [{ type: "object", properties: { a: true } }, "properties.a"],
    [{ $ref: "https://example.com/schema" }, "$ref"],
    [{ $defs: {} }, "$defs"],
    [{ not: {} }, "not"],
    [{ if: {}, type: "string" }, "if"],
    [{ allOf: [{}] }, "allOf"],
    [{ type: "string", enum: ["a"] }, "type"],
    [{ enum: [{}] }, "enum"],
    [{ enum: [] }, "enum"],
    [{ anyOf: [] }, "anyOf"],
    [{ type: "string", "x-mine": 1 }, "x-mine"],
    [[], ""],
    ["string", ""],
  ])("%j is refused at its place", (schema, path) => expect(problemsOf(schema)).toContain(path));

  it("that is too deep or too large is refused, without much work", () => {
    let deep: object = { type: "string" };
    for (let level = 0; level < 5_000; level += 1) deep = { type: "array", items: deep };
    expect(findSchemaProblems(deep)).toHaveLength(1);
    const properties = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`p${index}`, {}]));
    expect(findSchemaProblems({ type: "object", properties })).toEqual([
      { path: [], message: "is larger than 2,000 schemas" },
    ]);
    const own = JSON.parse('{ "type": "object", "properties": { "__proto__": {} } }');
    expect(problemsOf(own)).toEqual(["properties"]);
  });

  it("whose default does not fit is refused", () => {
    const properties = { a: { type: "array", items: { type: "integer", default: "x" } } };
    const { error } = jsonSchemaOption.safeParse({ type: "object", properties });
    expect(error?.issues).toMatchObject([{ path: ["properties", "a", "items", "default"] }]);
  });

  it("that is not refused can be compiled, applied and published, whatever it is", () => {
    const keyword = fc.constantFrom(
      "type",
      "minLength",
      "format",
      "pattern",
      "enum",
      "const",
      "anyOf",
      "oneOf",
      "properties",
      "required",
      "items",
      "additionalProperties",
      "default",
      "maximum",
      "multipleOf",
      "title",
      "$ref",
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.dictionary(
        keyword,
        fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          fc.constantFrom(
            "string",
            "object",
            "array",
            "integer",
            ["string", "null"],
            ["a"],
            "email",
            "^a{2}$",
            3,
            -1,
            true,
            null,
            {},
          ),
          tie("schema"),
          fc.array(tie("schema"), { maxLength: 2 }),
          fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { maxKeys: 2 }),
        ),
        { maxKeys: 4 },
      ),
    }));
    let accepted = 0;
    fc.assert(
      fc.property(schema, fc.jsonValue(), (candidate, value) => {
        const parsed = jsonSchemaOption.safeParse(candidate);
        if (!parsed.success) return;
        accepted += 1;
        const compiled = compileSchema(parsed.data);
        compiled.safeParse(value);
        z.toJSONSchema(compiled, { io: "input" });
      }),
      { numRuns: 3_000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});

describe("an input", () => {
  it("refuses fields that it does not name, unless it says otherwise", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    expect(compileInput(schema).safeParse({ b: 1 }).success).toBe(false);
    expect(compileInput({ ...schema, additionalProperties: true }).safeParse({ b: 1 }).success).toBe(true);
  });
});

describe("a pattern", () => {
  it.each(["^$", "^[A-Z]{2}\\d+$", "^[A-Za-z0-9]{15,18}$", "^a\\.b?$", "^[^\\]]*$", "^\\w{0,60}x{3}$"])(
    "%s is taken",
    (pattern) => {
      expect(findPatternProblem(pattern)).toBeUndefined();
    },
  );

  it.each([
    "a",
    "^a",
    "a$",
    "^(a+)+$",
    "^(?:a|b)$",
    "^a*a*$",
    "^\\d+\\d+$",
    "^a|b$",
    "^.*$x",
    "^[a$",
    "^a{2,1}$",
    "^\\1$",
    "^(?=a)$",
    "^a+?b*$",
    `^${"a".repeat(300)}$`,
  ])("%s is refused", (pattern) => expect(findPatternProblem(pattern)).toEqual(expect.any(String)));

  it("that is taken is matched in no time, however long the text", () => {
    const text = "a".repeat(200_000);
    for (const pattern of ["^a*b$", "^[a-z]+\\d{3}$", "^\\w{0,999}x$"]) {
      expect(findPatternProblem(pattern)).toBeUndefined();
      const startedMs = performance.now();
      expect(new RegExp(pattern).test(text)).toBe(false);
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    }
  });
});
