import { describe, expect, it } from "vitest";
import { type HttpFailure, mapHttpStatus } from "./http-status.js";

function map(status: number, overrides: Partial<HttpFailure> = {}) {
  return mapHttpStatus({ status, headers: {}, request: { method: "GET" }, nowMs: Date.UTC(2026, 0, 1), ...overrides });
}
const write = { method: "POST", reconcile: "Query by external id." } as const;

describe("mapHttpStatus", () => {
  it.each([
    [200, "UNEXPECTED_RESPONSE", false, "UNEXPECTED_RESPONSE", false],
    [302, "UNEXPECTED_RESPONSE", false, "UNEXPECTED_RESPONSE", false],
    [400, "VENDOR_REJECTED", false, "VENDOR_REJECTED", false],
    [401, "AUTHENTICATION_FAILED", false, "AUTHENTICATION_FAILED", false],
    [403, "PERMISSION_DENIED", false, "PERMISSION_DENIED", false],
    [404, "NOT_FOUND", false, "NOT_FOUND", false],
    [408, "VENDOR_UNAVAILABLE", true, "OUTCOME_UNKNOWN", false],
    [409, "CONFLICT", false, "CONFLICT", false],
    [410, "NOT_FOUND", false, "NOT_FOUND", false],
    [412, "CONFLICT", false, "CONFLICT", false],
    [418, "VENDOR_REJECTED", false, "VENDOR_REJECTED", false],
    [422, "VENDOR_REJECTED", false, "VENDOR_REJECTED", false],
    [429, "RATE_LIMITED", true, "RATE_LIMITED", true],
    [500, "VENDOR_UNAVAILABLE", true, "VENDOR_REJECTED", false],
    [501, "VENDOR_REJECTED", false, "VENDOR_REJECTED", false],
    [502, "VENDOR_UNAVAILABLE", true, "OUTCOME_UNKNOWN", false],
    [503, "VENDOR_UNAVAILABLE", true, "VENDOR_UNAVAILABLE", true],
    [504, "VENDOR_UNAVAILABLE", true, "OUTCOME_UNKNOWN", false],
  ])(
    "maps %i to %s (retryable %s) for a read, %s (retryable %s) for a write",
    (status, code, retryable, ofWrite, writeRetryable) => {
      expect(map(status)).toMatchObject({ code, retryable, vendor: { status } });
      expect(map(status, { request: write })).toMatchObject({ code: ofWrite, retryable: writeRetryable });
    },
  );

  it("says when to come back", () => {
    expect(map(429, { headers: { "retry-after": "30" } })).toMatchObject({ retryAfterMs: 30_000 });
    expect(map(429)).toMatchObject({ retryAfterMs: undefined });
  });

  it("says how to look an unknown outcome up", () => {
    expect(map(504, { request: write })).toMatchObject({ reconcile: "Query by external id." });
  });

  it("keeps the vendor's own words beside the status, and only its code in the message", () => {
    const vendor = { code: "DUPLICATE_VALUE", message: "Email jane@example.com exists", requestId: "r1" };
    const error = map(400, { vendor });
    expect(error.vendor).toEqual({ ...vendor, status: 400 });
    expect(error.message).toContain("DUPLICATE_VALUE");
    expect(error.message).not.toContain("jane");
  });

  it("takes an idempotent POST for what it is", () => {
    expect(map(502, { request: { method: "POST", idempotent: true } })).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
  });
});
