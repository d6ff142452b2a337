import { describe, expect, it } from "vitest";
import { mapBayeuxFailure } from "./bayeux-failure.js";

const connect = { channel: "/meta/connect", successful: false };

describe("mapBayeuxFailure", () => {
  it.each([
    [
      "400::The replayId {82} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.",
      "CURSOR_EXPIRED",
      false,
    ],
    ["401::Authentication invalid", "AUTHENTICATION_FAILED", false],
    ["403::Unknown client", "VENDOR_UNAVAILABLE", true],
    ["402::Unknown client", "VENDOR_UNAVAILABLE", true],
    ["403::Organization concurrent user limit exceeded", "RATE_LIMITED", true],
    ["403::Organization total events daily limit exceeded", "QUOTA_EXHAUSTED", true],
    ["403:denied_by_security_policy:create_denied", "PERMISSION_DENIED", false],
    ["403::Channel subscription denied", "PERMISSION_DENIED", false],
    ["400::The channel you requested to subscribe to does not exist {/data/XChangeEvent}", "NOT_FOUND", false],
    ["404::Unknown channel", "NOT_FOUND", false],
    ["408::Server busy", "VENDOR_UNAVAILABLE", true],
    ["503::Server is too busy. Please try your request again later.", "VENDOR_UNAVAILABLE", true],
    ["413::Maximum Request Size Exceeded", "VENDOR_REJECTED", false],
    ["what nobody has seen", "VENDOR_REJECTED", false],
  ])("takes %s for %s", (error, code, retryable) => {
    expect(mapBayeuxFailure({ ...connect, error })).toMatchObject({ code, retryable });
  });

  it("looks for the reason of a denied handshake in its extension", () => {
    const ext = { sfdc: { failureReason: "401::Authentication invalid" }, replay: true };
    const message = { channel: "/meta/handshake", successful: false, error: "403::Handshake denied", ext };
    expect(mapBayeuxFailure(message)).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "401" } });
  });

  it("begins anew where Salesforce advises it, whatever the reason", () => {
    const failure = mapBayeuxFailure({ ...connect, error: "499::Something", advice: { reconnect: "handshake" } });
    expect(failure).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
  });
});
