import { describe, expect, it } from "vitest";
import { z } from "zod";
import { listInputParameters } from "../../src/content/index.js";

const tree: z.ZodType = z.lazy(() => z.strictObject({ children: z.array(tree) }));

describe("listInputParameters", () => {
  it.each<[string, z.ZodType, string]>([
    ["a text", z.string(), "text"],
    ["a text or null", z.string().nullable(), "text"],
    ["one of some texts", z.enum(["a", "b"]), "text"],
    ["one text", z.literal("a"), "text"],
    ["a text or a number", z.union([z.string(), z.number()]), "text"],
    ["a date", z.iso.date(), "text"],
    ["a number", z.number(), "scalar"],
    ["one of some numbers", z.union([z.literal(1), z.literal(2)]), "scalar"],
    ["a boolean", z.boolean().default(true), "scalar"],
    ["a number or null", z.number().nullable(), "json"],
    ["a list", z.array(z.string()), "json"],
    ["an object", z.record(z.string(), z.string()), "json"],
    ["a tree", tree, "json"],
    ["anything", z.unknown(), "json"],
  ])("takes %s for what it is", (_what, schema, form) => {
    expect(listInputParameters({ input: z.strictObject({ value: schema }) })).toMatchObject([{ name: "value", form }]);
  });

  it("knows the parameters of every alternative, and requires what all of them require", () => {
    const input = z.union([
      z.strictObject({ kind: z.literal("a"), size: z.int() }),
      z.strictObject({ kind: z.literal("b"), name: z.string().optional() }),
    ]);
    expect(listInputParameters({ input })).toMatchObject([
      { name: "kind", required: true, form: "text" },
      { name: "size", required: false, form: "scalar" },
      { name: "name", required: false, form: "text" },
    ]);
  });

  it("has none where the input has no property", () => {
    expect(listInputParameters({ input: z.strictObject({}) })).toEqual([]);
  });
});
