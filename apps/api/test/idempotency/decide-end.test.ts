import { connectorErrorCodes } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { apiErrorCodes, listStatuses, type ProblemCode } from "../../src/errors/index.js";
import { decideEnd, type Effect } from "../../src/idempotency/decide-end.js";

const statuses = new Map(listStatuses());
const ends = (effect: Effect, isFirst: boolean) =>
  Object.groupBy([...apiErrorCodes, ...connectorErrorCodes] satisfies ProblemCode[], (code) =>
    decideEnd({ effect, isFirst, status: statuses.get(code) ?? 0, code }),
  );

describe("decideEnd", () => {
  it("keeps every success", () => {
    for (const effect of ["none", "repeatable", "sent", "committed"] as const) {
      for (const status of [200, 201, 202, 204]) {
        expect(decideEnd({ effect, isFirst: false, status, code: undefined })).toBe("keep");
      }
    }
  });

  it("keeps no failure of what had no effect", () => {
    expect(Object.keys(ends("none", true))).toEqual(["forget"]);
    expect(Object.keys(ends("none", false))).toEqual(["reopen"]);
  });

  it("keeps of what may be sent again only what the vendor decided", () => {
    expect(ends("repeatable", true).keep?.toSorted()).toEqual([
      "CONFLICT",
      "NOT_FOUND",
      "OUTCOME_UNKNOWN",
      "VENDOR_REJECTED",
    ]);
    expect(ends("repeatable", true).forget?.toSorted()).toEqual(["UNSUPPORTED", "VALIDATION_FAILED"]);
    expect(ends("repeatable", false).forget).toBeUndefined();
  });

  it("keeps of what was sent everything that does not say that it had no effect", () => {
    const { keep = [], reopen, forget } = ends("sent", true);
    expect(forget?.toSorted()).toEqual(["UNSUPPORTED", "VALIDATION_FAILED"]);
    expect(reopen?.toSorted()).toEqual([
      ...["AUTHENTICATION_FAILED", "BAD_REQUEST", "CANCELLED", "CONNECTION_FAILED", "CREDENTIALS_MISSING"],
      ...["FORBIDDEN_TARGET", "KEY_UNAVAILABLE", "PAYLOAD_TOO_LARGE", "PERMISSION_DENIED", "QUOTA_EXHAUSTED"],
      ...["RATE_LIMITED", "RECONNECT_REQUIRED", "RESPONSE_CUT", "TIMEOUT", "VENDOR_UNAVAILABLE"],
    ]);
    for (const code of ["OUTCOME_UNKNOWN", "INTERNAL", "UNEXPECTED_RESPONSE", "RESPONSE_TOO_LARGE"] as const) {
      expect(keep).toContain(code);
    }
  });

  it("leaves open what was committed and then failed here, and keeps what was refused after it", () => {
    expect(decideEnd({ effect: "committed", isFirst: true, status: 503, code: "DATABASE_UNAVAILABLE" })).toBe("leave");
    expect(decideEnd({ effect: "committed", isFirst: true, status: 502, code: "VENDOR_UNAVAILABLE" })).toBe("leave");
    expect(decideEnd({ effect: "committed", isFirst: true, status: 409, code: "CONFLICT" })).toBe("keep");
    expect(decideEnd({ effect: "committed", isFirst: true, status: 403, code: "FORBIDDEN" })).toBe("reopen");
  });
});
