import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  ConnectorError,
  isConnectorError,
  OutcomeUnknownError,
  redactText,
  TransientError,
  ValidationError,
  validate,
} from "./index.js";

const secret = "s3cr3t-Value-0123456789";

describe("ConnectorError", () => {
  it("is retryable by its code, unless told otherwise", () => {
    expect(new ConnectorError("RATE_LIMITED", "Wait.").retryable).toBe(true);
    expect(new ConnectorError("RATE_LIMITED", "Wait.", { retryable: false }).retryable).toBe(false);
    expect(new ConnectorError("VENDOR_REJECTED", "No.").retryable).toBe(false);
  });

  it("never calls an unknown outcome retryable", () => {
    const error = new OutcomeUnknownError("The create may have worked.", { reconcile: "Query by Name." });
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false, reconcile: "Query by Name." });
  });

  it("keeps the cause's name, message, code and stack, and drops what hangs on it", () => {
    const library = Object.assign(new TypeError("socket hang up"), {
      code: "ECONNRESET",
      config: { headers: { Authorization: `Bearer ${secret}` } },
      response: { data: secret },
    });
    const error = new TransientError("CONNECTION_FAILED", "No connection.", { cause: library });
    expect(error.cause).toMatchObject({ name: "TypeError", message: "socket hang up", code: "ECONNRESET" });
    expect((error.cause as Error).stack).toContain("connector-error.test.ts");
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain(secret);
  });

  it.each([
    ["a bearer header", `GET / failed, Authorization: Bearer ${secret}`],
    ["a form body", `grant_type=refresh_token&refresh_token=${secret}&client_id=a`],
    ["a JSON body", `unexpected {"access_token":"${secret}","x":1}`],
    ["a query", `redirected to https://host/cb?code=${secret}&state=1`],
    ["a nested cause's password", `connect failed, password: '${secret}'`],
  ])("takes a secret out of the words of a cause: %s", (_where, message) => {
    const nested = new Error("outer", { cause: new Error(message) });
    const error = new ConnectorError("INTERNAL", "Failed.", { cause: nested });
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain(secret);
  });

  it.each([
    "Authorization: Bearer ab1",
    "authorization=Basic YTpi",
    '"Authorization":"OAuth x"',
    "Bearer abc123",
    "x-api-key: abc123",
  ])("takes a short credential out too: %s", (words) => {
    expect(redactText(words)).not.toMatch(/ab1|YTpi|x"|abc123/);
  });

  it("is not kept busy by words that were made for it: they are cut before they are searched", () => {
    // The time of these patterns grows with the square of the length: uncut, this runs for minutes and into the timeout.
    const hostile = ["eyJ-".repeat(200_000), "authorization: ".repeat(80_000), "-----BEGIN ".repeat(80_000)];
    for (const words of hostile) expect(redactText(words).length).toBeLessThan(600);
  });

  it("takes a secret out of the stack too, also where the message looks like a frame", () => {
    const error = new ConnectorError("INTERNAL", "Failed.", { cause: new Error(`broken\n    at Bearer ${secret}`) });
    expect((error.cause as Error).stack).toContain("connector-error.test.ts");
    expect((error.cause as Error).stack).not.toContain(secret);
  });

  it("leaves an ordinary status code readable", () => {
    const error = new ConnectorError("INTERNAL", "Failed.", {
      cause: new Error("Request failed with status code: 500"),
    });
    expect((error.cause as Error).message).toBe("Request failed with status code: 500");
  });

  it("does not follow a cause that is its own cause for ever", () => {
    const loop = new Error("loop");
    loop.cause = loop;
    expect(inspect(new ConnectorError("INTERNAL", "Failed.", { cause: loop })).length).toBeLessThan(20_000);
  });
});

describe("isConnectorError", () => {
  it("knows an error of another copy of this package by its brand", () => {
    const foreign = Object.defineProperty(new Error("other copy"), Symbol.for("@isthmus/core/ConnectorError"), {
      value: true,
    });
    expect(isConnectorError(foreign)).toBe(true);
    expect(isConnectorError(new ValidationError("No."))).toBe(true);
  });

  it("refuses everything else", () => {
    for (const value of [new Error("plain"), null, undefined, "text", {}]) expect(isConnectorError(value)).toBe(false);
  });
});

describe("validate", () => {
  const schema = z.strictObject({ clientSecret: z.string().min(40), nested: z.strictObject({ port: z.int() }) });

  it("names each field and repeats no value", () => {
    const input = { clientSecret: secret, nested: { port: secret }, extra: secret };
    const error = catchError(() => validate(schema, input, "credentials"));
    expect(error).toBeInstanceOf(ValidationError);
    const { issues } = error as ValidationError;
    expect(issues.map((issue) => issue.path)).toEqual(["clientSecret", "nested.port", ""]);
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY })).not.toContain(secret);
  });

  it("answers the parsed value, defaults filled in", () => {
    expect(validate(z.object({ a: z.string().default("x") }), {}, "input")).toEqual({ a: "x" });
  });

  it("says no more than fits on a page, whatever was sent", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`name${index}`, index]));
    const unknown = catchError(() => validate(z.strictObject({}), many, "input"));
    expect(JSON.stringify([String(unknown), unknown]).length).toBeLessThan(2_000);
    const wrong = catchError(() => validate(z.record(z.string(), z.string()), many, "input"));
    expect(wrong).toMatchObject({ issues: { length: 50 } });
    const long = catchError(() => validate(z.record(z.string(), z.string()), { ["k".repeat(9_000)]: 1 }, "input"));
    expect(JSON.stringify([String(long), long]).length).toBeLessThan(2_000);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}
