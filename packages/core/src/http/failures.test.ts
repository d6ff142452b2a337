import { describe, expect, it } from "vitest";
import { ConnectorError } from "../errors/index.js";
import { type FailureContext, toFailure } from "./failures.js";

const context: FailureContext = {
  method: "POST",
  host: "api.example.com",
  name: "records.create",
  idempotent: false,
  reconcile: "Query it.",
  sent: true,
  status: 0,
};
const coded = (code: string) => Object.assign(new Error("failed"), { code });

// What a real connection can show is tested on real connections; this is the rest of the table.
describe("toFailure", () => {
  it.each([
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  ])("takes the alert %s for a request that was not looked at, even a write", (code) => {
    const { error, repeatable } = toFailure(context, coded(code));
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: false });
    expect(repeatable).toBe(false);
  });

  it.each([
    ["CERTIFICATE_REQUIRED", "asks for a client certificate"],
    ["CERTIFICATE_EXPIRED", "has expired"],
    ["UNKNOWN_CA", "does not trust who issued"],
  ])("says what %s means, before and after the request was sent", (alert, words) => {
    for (const sent of [true, false]) {
      const { error } = toFailure({ ...context, sent }, coded(`ERR_SSL_TLSV1_ALERT_${alert}`));
      expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", message: expect.stringContaining(words) });
    }
  });

  it("does not when an answer had begun", () => {
    const { error } = toFailure({ ...context, status: 200 }, coded("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"));
    expect(error.code).toBe("OUTCOME_UNKNOWN");
  });

  it("does not let the reason of a signal decide what became of a write", () => {
    const reason = new ConnectorError("VENDOR_UNAVAILABLE", "The caller's own.");
    expect(toFailure(context, reason, "cancelled").error.code).toBe("OUTCOME_UNKNOWN");
    expect(toFailure({ ...context, sent: false }, reason, "cancelled").error.code).toBe("CANCELLED");
  });

  it("says what to do even where the request does not", () => {
    const { error } = toFailure({ ...context, reconcile: undefined }, coded("ECONNRESET"));
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.stringMatching(/\w/), retryable: false });
    expect(error.message).toContain("records.create (POST) to api.example.com");
    expect(error.message).toContain("ECONNRESET");
  });
});
