import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CustomConnector } from "../src/index.js";
import { type RestServer, startRestServer } from "./rest-server.js";

const text = { type: "string" };
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom(".", "/", "\\", "?", "#", "%", "2", "e", "f", ":", "@", "\r", "\n", "\0", "a"),
    maxLength: 8,
  }),
  fc.constantFrom(
    ".",
    "..",
    "../..",
    "..\\..",
    "%2e%2e",
    "%252e",
    "//evil.example",
    "@evil.example",
    "a?b=c",
    "a#b",
    "\ud800",
    "a\r\nx: y",
    "",
    "\u2028",
    "\u0085",
  ),
);
/** What no path can hold, in any spelling. */
const isUnaddressable = (value: string) =>
  value === "" ||
  !value.isWellFormed() ||
  /\p{Cc}/u.test(value) ||
  value.split(/[/\\]/).some((step) => /^\.\.?$/.test(step));

describe("values of a caller", () => {
  let server: RestServer;
  let connector: CustomConnector;

  beforeAll(async () => {
    server = await startRestServer(() => ({ body: {} }));
    const echo = { kind: "write", method: "PUT", summary: "Echoes." } as const;
    const input = { type: "object", properties: { value: text, other: text }, required: ["value"] };
    connector = server.connector({
      baseUrl: `${server.url}/base`,
      operations: [
        { ...echo, name: "path", path: "/items/{value}/parts", input },
        { ...echo, name: "inside", path: "/items/x-{value}", input },
        { ...echo, name: "pair", path: "/items/{value}{other}", input: { ...input, required: ["value", "other"] } },
        { ...echo, name: "query", path: "/items", query: { q: "{value}", fixed: "1" }, input },
        { ...echo, name: "header", path: "/items", headers: { "X-Value": "v={value}" }, input },
        {
          ...echo,
          name: "body",
          path: "/items",
          body: { template: { a: { b: "{value}", c: "<{value}>" }, fixed: 1 } },
          input,
        },
        {
          ...echo,
          name: "form",
          path: "/items",
          body: { template: { a: "{value}", fixed: 1 }, format: "form" },
          input,
        },
        { ...echo, name: "whole", path: "/items", body: {}, input },
      ],
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** The request that a call makes; `undefined` when the value is refused and nothing is sent. */
  async function requestOf(operation: string, input: object) {
    server.requests.length = 0;
    const failure = await connector.call(operation, input).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) {
      expect(server.requests).toHaveLength(1);
      return server.requests[0];
    }
    expect(failure).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(server.requests).toHaveLength(0);
    return undefined;
  }

  it("are one step of a path or are refused, whatever they hold", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const request = await requestOf("path", { value });
        expect(request === undefined).toBe(isUnaddressable(value));
        if (!request) return;
        const steps = request.target.split("/");
        expect(steps).toHaveLength(5);
        expect(steps.slice(0, 3)).toEqual(["", "base", "items"]);
        expect(decodeURIComponent(steps[3] ?? "")).toBe(value);
        expect(steps[3]).toMatch(/^[\w.~%-]+$/);
        expect(steps[4]).toBe("parts");
        expect(request.headers.host).toBe(server.host);
      }),
      { numRuns: 400 },
    );
  });

  it("stay behind the text that stands before them", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const request = await requestOf("inside", { value });
        if (request) expect(decodeURIComponent(request.target)).toBe(`/base/items/x-${value}`);
      }),
      { numRuns: 200 },
    );
  });

  it("cannot make the step that climbs together with another value", async () => {
    expect(await requestOf("pair", { value: ".", other: "." })).toBeUndefined();
    expect((await requestOf("pair", { value: "..", other: "a" }))?.target).toBe("/base/items/..a");
  });

  it("are one parameter of a query, unchanged, or are refused", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const request = await requestOf("query", { value });
        expect(request === undefined).toBe(!value.isWellFormed());
        if (request)
          expect([...request.query]).toEqual([
            ["q", value],
            ["fixed", "1"],
          ]);
        if (request) expect(request.path).toBe("/base/items");
      }),
      { numRuns: 300 },
    );
  });

  it("are one header of printable ASCII or are refused", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const request = await requestOf("header", { value });
        expect(request === undefined).toBe(!/^[\x20-\x7e]*$/.test(value) || / $/.test(value));
        if (request) expect(request.headers["x-value"]).toBe(`v=${value}`);
      }),
      { numRuns: 300 },
    );
  });

  it("are one value of a body and never its structure", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const json = await requestOf("body", { value });
        if (json) expect(JSON.parse(json.body)).toEqual({ a: { b: value, c: `<${value}>` }, fixed: 1 });
        const whole = await requestOf("whole", { value });
        if (whole) expect(JSON.parse(whole.body)).toEqual({ value });
        const form = await requestOf("form", { value });
        expect(form === undefined).toBe(!value.isWellFormed());
        if (form)
          expect([...new URLSearchParams(form.body)]).toEqual([
            ["a", value],
            ["fixed", "1"],
          ]);
      }),
      { numRuns: 150 },
    );
  });
});
