import { describe, expect, it } from "vitest";
import type { CustomConfigurationInput } from "../src/index.js";
import { ping, type RestAnswer, startRestServer } from "./rest-server.js";

const write = { name: "add", kind: "write", method: "POST", path: "/items", summary: "Adds." } as const;

/** What a call makes of an answer. */
async function failureOf(
  answer: RestAnswer,
  errors: CustomConfigurationInput["errors"] = undefined,
  operation = "add",
) {
  await using server = await startRestServer(() => answer);
  const connector = server.connector({ operations: [ping, write], ...(errors && { errors }) });
  const failure = await connector.call(operation).catch((error: unknown) => error);
  return { failure, sent: server.requests.length };
}

describe("an answer that is not 2xx", () => {
  it.each([
    [400, "VENDOR_REJECTED"],
    [401, "AUTHENTICATION_FAILED"],
    [403, "PERMISSION_DENIED"],
    [404, "NOT_FOUND"],
    [409, "CONFLICT"],
    [410, "NOT_FOUND"],
    [412, "CONFLICT"],
    [422, "VENDOR_REJECTED"],
    [500, "VENDOR_REJECTED"],
    [502, "OUTCOME_UNKNOWN"],
  ])("of status %i means %s without a rule, and a write is sent once", async (status, code) => {
    expect(await failureOf({ status })).toMatchObject({ failure: { code, vendor: { status } }, sent: 1 });
  });

  it("of status 429 says when to come back", async () => {
    const { failure } = await failureOf({ status: 429, headers: { "retry-after": "120" } });
    expect(failure).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 120_000, retryable: true });
  });

  it("is never followed when it is a redirect, so that credentials stay where they belong", async () => {
    await using elsewhere = await startRestServer(() => ({}));
    const { failure, sent } = await failureOf({ status: 307, headers: { location: `${elsewhere.url}/items` } });
    expect(failure).toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(sent).toBe(1);
    expect(elsewhere.requests).toHaveLength(0);
  });

  const errors = {
    codePointer: "/0/code",
    messagePointer: "/0/message",
    rules: [
      { status: [400], code: ["duplicate"], error: "CONFLICT" },
      { code: ["gone", "4711"], error: "NOT_FOUND" },
      { status: [402], error: "PERMISSION_DENIED" },
      { code: ["daily"], error: "QUOTA_EXHAUSTED" },
      { code: ["busy"], error: "VENDOR_UNAVAILABLE" },
      { status: [502], error: "VENDOR_UNAVAILABLE" },
    ],
  } satisfies CustomConfigurationInput["errors"];

  it.each([
    [400, "duplicate", "CONFLICT"],
    [409, "duplicate", "CONFLICT"],
    [400, "gone", "NOT_FOUND"],
    [400, 4711, "NOT_FOUND"],
    [402, "any", "PERMISSION_DENIED"],
    [403, "daily", "QUOTA_EXHAUSTED"],
    [400, "busy", "VENDOR_UNAVAILABLE"],
    [400, "other", "VENDOR_REJECTED"],
  ])("of status %i with the code %s means %s by the configuration", async (status, vendorCode, code) => {
    const { failure } = await failureOf({ status, body: [{ code: vendorCode, message: "No." }] }, errors);
    expect(failure).toMatchObject({ code, vendor: { status, code: String(vendorCode), message: "No." } });
  });

  it("leaves a write's outcome unknown where only a gateway's status speaks, whatever a rule says of the status", async () => {
    expect((await failureOf({ status: 502, body: "<html>" }, errors)).failure).toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
  });

  it("shows no more of a body than the pointers lead to, and nothing that is no word", async () => {
    const body = [{ code: "a b<script>", message: `line\r\n${"x".repeat(900)}`, data: "customer@example.com" }];
    const { failure } = await failureOf({ status: 400, body }, errors);
    expect(failure).toMatchObject({ vendor: { status: 400, message: expect.stringMatching(/^line x{195}$/) } });
    expect(JSON.stringify(failure)).not.toMatch(/script|customer/);
  });
});
