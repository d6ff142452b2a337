import {
  BaseConnector,
  defaultRefreshPolicy,
  defineBulkOperation,
  defineConnector,
  defineOperation,
  defineScheme,
} from "@isthmus/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { addOperationPaths } from "../../src/openapi/operation-paths.js";

class Shop extends BaseConnector<unknown, { readonly region: string }> {
  protected identify() {
    return Promise.resolve({ id: "1", name: "Shop", environment: "unknown" as const });
  }
  protected override check() {
    return Promise.resolve([]);
  }
  protected baseUrl() {
    return "https://shop.example.com";
  }
  protected mapFailure(): never {
    throw new Error("not reached");
  }
}

const configuration = z.strictObject({ region: z.enum(["eu", "us"]) });
type Configuration = z.output<typeof configuration>;

const load = defineBulkOperation<Shop, object, object, { readonly loaded: number }>({
  name: "items.load",
  summary: "Load items.",
  idempotent: false,
  input: z.strictObject({}),
  output: z.object({ loaded: z.int() }),
  longRun: {
    state: z.strictObject({}),
    start: async () => ({}),
    advance: async () => ({ done: true, progress: { processed: 0, failed: 0 }, output: { loaded: 0 } }),
    cancel: async () => undefined,
  },
});

/** A type with one operation `items.find`, whose input has a field of its own name; in the US with `items.load` alone. */
function define(type: string, field: string, exampleConfiguration?: object) {
  const find = defineOperation<Shop, Record<string, string>, { readonly found: number }>({
    name: "items.find",
    summary: `Find items of ${type}.`,
    kind: "read",
    idempotent: true,
    input: z.strictObject({ [field]: z.string() }),
    output: z.object({ found: z.int() }),
    run: () => Promise.resolve({ found: 0 }),
  });
  return defineConnector<Configuration, Shop>({
    specificationVersion: 1,
    type,
    displayName: type.toUpperCase(),
    version: "1.0.0",
    authentication: { api_key: defineScheme({ title: "Key", credentials: z.strictObject({ key: z.string() }) }) },
    configuration,
    refreshPolicy: defaultRefreshPolicy,
    allowedHosts: () => ["shop.example.com"],
    operations: ({ region }) => (region === "eu" ? [find] : [load]),
    create: (context) => new Shop(context),
    ...(exampleConfiguration && { exampleConfiguration }),
  });
}

const path = "/v1/connectors/{id}/operations/items.find";
const empty = {
  openapi: "3.1.0",
  info: { title: "Test", version: "1" },
  paths: {},
  components: { schemas: { Problem: { type: "object" } } },
};
// biome-ignore lint/suspicious/noExplicitAny: a test reads a document that it then proves
const describeAll = (...definitions: ReturnType<typeof define>[]): any => addOperationPaths(empty, definitions);

describe("addOperationPaths", () => {
  it("keeps the schemas of two types with an operation of one name apart, each under the name of its type", async () => {
    const document = describeAll(define("alpha", "sku", { region: "eu" }), define("beta", "ean", { region: "eu" }));
    const { post } = document.paths[path];
    expect(post.requestBody.content["application/json"].schema).toEqual({
      anyOf: [
        { $ref: "#/components/schemas/alpha.items.find.input" },
        { $ref: "#/components/schemas/beta.items.find.input" },
      ],
    });
    expect(document.components.schemas).toMatchObject({
      Problem: { type: "object" },
      "alpha.items.find.input": { required: ["sku"] },
      "beta.items.find.input": { required: ["ean"] },
      "beta.items.find.output": { required: ["found"] },
    });
    expect(post.tags).toEqual(["alpha operations", "beta operations"]);
    expect(post.summary).toBe("Find items of alpha. Find items of beta.");
    expect((await new Validator().validate(structuredClone(document))).errors ?? []).toEqual([]);
  });

  it("asks a type what it can do with its example configuration, where an empty one does not fit", () => {
    expect(describeAll(define("alpha", "sku")).paths).toEqual({});
    expect(Object.keys(describeAll(define("alpha", "sku", { region: "eu" })).paths)).toEqual([path]);
  });

  it("answers a bulk operation with 202 and a run that holds the output in the end", () => {
    const document = describeAll(define("alpha", "sku", { region: "us" }));
    const { responses } = document.paths["/v1/connectors/{id}/operations/items.load"].post;
    expect(Object.keys(responses)).toEqual(["202", "409", "422", "4XX", "5XX"]);
    expect(responses[202].content["application/json"].schema).toEqual({
      allOf: [
        { $ref: "#/components/schemas/OperationRun" },
        { type: "object", properties: { output: { $ref: "#/components/schemas/alpha.items.load.output" } } },
      ],
    });
  });
});
