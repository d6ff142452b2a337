import { ConnectorError } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { createServiceLogger } from "../../src/service-logger.js";

describe("the service's log", () => {
  const secret = "s3cr3t-0123456789abcdef";

  function write(fields: object): { readonly text: string; readonly line: Record<string, unknown> } {
    const lines: string[] = [];
    createServiceLogger("debug", { write: (line: string) => void lines.push(line) }).error(fields, "It failed");
    const text = lines.join("");
    return { text, line: JSON.parse(text) };
  }

  it.each([
    [
      "what a library hangs onto an error",
      Object.assign(new Error("x"), { config: { headers: { cookie: secret } }, request: secret }),
    ],
    ["a token in its words", new Error(`Authorization: Bearer ${secret}`)],
    ["a token in its cause", new Error("x", { cause: new Error(`{"access_token":"${secret}"}`) })],
    ["a token in one of many", new AggregateError([new Error(`password=${secret}`)], "x")],
    ["something thrown that is no error", { apiKey: secret }],
  ])("has nothing of %s", (_, err) => {
    expect(write({ err }).text).not.toContain(secret);
  });

  it("has nothing of headers that are logged by mistake", () => {
    const headers = { authorization: secret, cookie: secret };
    expect(write({ request: headers, req: { headers: { "x-key": secret } } }).text).not.toContain(secret);
  });

  it("tells what failed, where and why", () => {
    const cause = Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
    const err = new ConnectorError("CONNECTION_FAILED", "It is away.", {
      cause,
      vendor: { status: 503, requestId: "r-1" },
    });
    expect(write({ err }).line).toMatchObject({
      level: 50,
      msg: "It failed",
      err: {
        type: "ConnectorError",
        code: "CONNECTION_FAILED",
        message: expect.stringContaining("It is away."),
        stack: expect.stringContaining("connection refused"),
        vendor: { status: 503, requestId: "r-1" },
      },
    });
  });
});
