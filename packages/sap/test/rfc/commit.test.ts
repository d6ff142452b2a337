import { describe, expect, it } from "vitest";
import { startAbap, wsdls } from "./abap-stub.js";
import { answerOf, faultOf, message } from "./envelopes.js";
import type { StubAnswer } from "./harness.js";
import { char, wsdlOf } from "./wsdl.js";

const proven = { statefulSessions: "proven" } as const;
const wrappers = {
  BAPI_CREATE: {
    name: "Z_CREATE_AND_COMMIT",
    parameters: { KEY: "IV_KEY", NUMBER: "EV_NUMBER" },
    fixed: { IV_COMMIT: "X" },
  },
};

describe("a commit in a session", () => {
  it("is made after the BAPI, in its session, which then ends", async () => {
    const { modules, committed, calls, opened, closed, requests } = await startAbap({ parts: proven });
    const result = await modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "session" });
    expect(result).toMatchObject({ values: { NUMBER: "1" }, messages: [{ code: "AB/002" }] });
    expect([...committed]).toEqual(["A"]);
    expect(calls).toEqual(["BAPI_CREATE", "BAPI_TRANSACTION_COMMIT"]);
    expect(new Set(requests.map(({ headers }) => headers.cookie))).toEqual(new Set(["sap-contextid=session-1"]));
    expect(requests.map(({ path }) => path)).toEqual([
      "/sap/bc/soap/rfc?session_mode=1&sap-sessioncmd=open",
      "/sap/bc/soap/rfc?session_mode=2&sap-sessioncmd=close",
    ]);
    expect(requests[1]?.body).toContain("<WAIT>X</WAIT>");
    expect(closed).toEqual(opened);
  });

  it("is a rollback after an error in RETURN", async () => {
    const { modules, committed, calls, closed } = await startAbap({ parts: proven });
    const failed = modules.call("BAPI_CREATE", { KEY: "BAD" }, { commit: "session" });
    await expect(failed).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "AB/001" } });
    expect(calls).toEqual(["BAPI_CREATE", "BAPI_TRANSACTION_ROLLBACK"]);
    expect(committed.size).toBe(0);
    expect(closed).toHaveLength(1);
  });

  it.each([
    ["a cut connection", { cut: true }],
    ["a gateway's error", { status: 504, body: "<html>" }],
    ["a dump", { status: 500, body: faultOf("SYSTEM_FAILURE", "x") }],
    ["an empty 200", { body: "" }],
    ["an empty 500", { status: 500 }],
    ["a system that went away", { status: 503, body: "<html>" }],
  ] satisfies [string, StubAnswer][])("leaves the outcome unknown after %s", async (_what, answer) => {
    const { modules, calls, closed } = await startAbap({ parts: proven, instead: { BAPI_TRANSACTION_COMMIT: answer } });
    const failed = modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "session", reconcile: "Look for key A." });
    await expect(failed).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      reconcile: "Look for key A.",
    });
    expect(calls).toEqual(["BAPI_CREATE", "BAPI_TRANSACTION_COMMIT"]);
    expect(closed).toHaveLength(1);
  });

  it("has failed when its RETURN says so", async () => {
    const refusal = answerOf(
      "BAPI_TRANSACTION_COMMIT",
      `<RETURN>${message("E", "S1", "321", "Update terminated")}</RETURN>`,
    );
    const { modules } = await startAbap({ parts: proven, instead: { BAPI_TRANSACTION_COMMIT: { body: refusal } } });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "session" })).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "S1/321" },
    });
  });

  it("is not made after a lost answer of the BAPI, nor a rollback", async () => {
    const { modules, calls, closed } = await startAbap({ parts: proven, instead: { BAPI_CREATE: { cut: true } } });
    const failed = modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "session" });
    await expect(failed).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("BAPI_CREATE"),
    });
    expect(calls).toEqual(["BAPI_CREATE"]);
    expect(closed).toHaveLength(1);
  });

  it("sends nothing after a refused logon, which would be a second try", async () => {
    const { modules, calls } = await startAbap({ parts: proven, instead: { BAPI_CREATE: { status: 401 } } });
    const failed = modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "session" });
    await expect(failed).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: false });
    expect(calls).toEqual(["BAPI_CREATE"]);
  });

  it("takes no session for parameters that do not fit", async () => {
    const { modules, opened, calls } = await startAbap({ parts: proven });
    const failed = modules.call("BAPI_CREATE", { NO: "A" }, { commit: "session" });
    await expect(failed).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect([opened, calls]).toEqual([[], []]);
  });
});

describe("a commit that would commit nothing", () => {
  it.each([
    ["a session that is not proven", "session", {}],
    ["a session that there is not", "session", { ...proven, sessions: undefined }],
    ["a wrapper that there is not", "wrapper", {}],
    ["neither", "auto", {}],
  ] as const)("is refused for %s, before anything is sent", async (_what, commit, parts) => {
    const { modules, calls } = await startAbap({ parts });
    const failed = modules.call("BAPI_CREATE", { KEY: "A" }, { commit });
    await expect(failed).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/proveStatefulSessions.*wrapper/),
    });
    expect(calls).toEqual([]);
  });

  it.each(["BAPI_TRANSACTION_COMMIT", "BAPI_TRANSACTION_ROLLBACK"])("is refused as a call of %s", async (name) => {
    const { modules, calls } = await startAbap({ parts: { ...proven, allowed: ["BAPI_*", name] } });
    await expect(modules.call(name, { WAIT: "X" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(modules.call(name, {}, { commit: "session" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(calls).toEqual([]);
  });
});

describe("a wrapper", () => {
  it.each(["wrapper", "auto"] as const)("commits with one call, under the BAPI's names (%s)", async (commit) => {
    const { modules, committed, calls, opened } = await startAbap({ parts: { wrappers } });
    const { values, messages } = await modules.call("BAPI_CREATE", { KEY: "A" }, { commit });
    expect(values).toMatchObject({ NUMBER: "1" });
    expect(messages).toMatchObject([{ code: "AB/002" }]);
    expect([...committed]).toEqual(["A"]);
    expect(calls).toEqual(["Z_CREATE_AND_COMMIT"]);
    expect(opened).toEqual([]);
  });

  it("is refused when it has no RETURN to tell by whether it committed", async () => {
    const silent = wsdlOf({ name: "Z_CREATE_AND_COMMIT", input: char("IV_KEY", 10), output: char("EV_NUMBER", 10) });
    const { modules, calls } = await startAbap({
      parts: { wrappers, wsdls: { ...wsdls, Z_CREATE_AND_COMMIT: silent } },
    });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    expect(calls).toEqual([]);
  });

  it("is not needed where sessions are proven", async () => {
    const { modules, calls } = await startAbap({ parts: { ...proven, wrappers } });
    await modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" });
    expect(calls).toEqual(["BAPI_CREATE", "BAPI_TRANSACTION_COMMIT"]);
  });

  it.each([
    ["a cut connection", { cut: true }],
    ["a logon page with 200", { headers: { "content-type": "text/html" }, body: "<html><br></html>" }],
  ] satisfies [string, StubAnswer][])("leaves the outcome unknown after %s", async (_what, answer) => {
    const { modules } = await startAbap({ parts: { wrappers }, instead: { Z_CREATE_AND_COMMIT: answer } });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
  });
});

describe("a wrapper for every BAPI", () => {
  const generic = { genericWrapper: { name: "Z_CALL_AND_COMMIT", fixed: { WAIT: "X" } } };

  it("takes the call as text and gives the answer by the BAPI's own types", async () => {
    const { modules, committed, calls } = await startAbap({ parts: generic });
    const { values, messages } = await modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" });
    expect(values).toMatchObject({ NUMBER: "1", RETURN: [{ TYPE: "S" }] });
    expect(messages).toMatchObject([{ code: "AB/002" }]);
    expect([...committed]).toEqual(["A"]);
    expect(calls).toEqual(["Z_CALL_AND_COMMIT"]);
  });

  it("leaves no doubt when the system does not have it", async () => {
    const { Z_CALL_AND_COMMIT: _missing, ...others } = wsdls;
    const { modules, calls } = await startAbap({
      parts: { ...generic, wsdls: others },
      instead: { "": { status: 404 } },
    });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    expect(calls).toEqual([""]);
  });

  it("fails with the BAPI's messages", async () => {
    const { modules, committed } = await startAbap({ parts: generic });
    const failed = modules.call("BAPI_CREATE", { KEY: "BAD" }, { commit: "auto" });
    await expect(failed).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "AB/001" } });
    expect(committed.size).toBe(0);
  });

  it.each([
    ["did not commit", "<RESPONSE>&lt;BAPI_CREATE.Response/></RESPONSE>", "VENDOR_REJECTED"],
    ["answers for another", "<RESPONSE>&lt;OTHER.Response/></RESPONSE><COMMITTED>X</COMMITTED>", "OUTCOME_UNKNOWN"],
    ["answers with no XML", "<RESPONSE>ok</RESPONSE><COMMITTED>X</COMMITTED>", "OUTCOME_UNKNOWN"],
    ["answers with nothing", "", "OUTCOME_UNKNOWN"],
  ])("is no success when it %s", async (_what, values, code) => {
    const instead = { Z_CALL_AND_COMMIT: { body: answerOf("Z_CALL_AND_COMMIT", values) } };
    const { modules } = await startAbap({ parts: generic, instead });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" })).rejects.toMatchObject({ code });
  });
});

describe("a failure of a wrapper's own", () => {
  it("is an error like a BAPI's", async () => {
    const instead = { Z_CREATE_AND_COMMIT: { status: 500, body: faultOf("ERROR_MESSAGE_STATE", "Enter a key") } };
    const { modules } = await startAbap({ parts: { wrappers }, instead });
    await expect(modules.call("BAPI_CREATE", { KEY: "A" }, { commit: "auto" })).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "ERROR_MESSAGE_STATE", message: "Enter a key" },
    });
  });
});

describe("the proof that a system keeps sessions", () => {
  const probe = {
    write: { name: "BAPI_CREATE", parameters: { KEY: "PROBE" } },
    read: { name: "BAPI_GET", parameters: { KEY: "PROBE" }, evidence: "FOUND" },
  };

  it("succeeds where a change is seen in its session alone, and is gone after the rollback", async () => {
    const { modules, committed, calls, closed } = await startAbap();
    const proof = await modules.proveStatefulSessions(probe);
    expect(proof.proven).toBe(true);
    expect(proof.steps.every(({ ok }) => ok)).toBe(true);
    const [look, create, rollBack] = ["BAPI_GET", "BAPI_CREATE", "BAPI_TRANSACTION_ROLLBACK"];
    expect(calls).toEqual([look, create, look, look, rollBack, look, create, look, look]);
    expect(committed.size).toBe(0);
    expect(closed).toHaveLength(1);
  });

  it.each([
    ["forgets between requests", { isStateless: true }, "there in the same session"],
    ["commits each request by itself", { commitsItself: true }, "not there in another session"],
    ["has the last request elsewhere", { endsEarly: true }, "there in the last request of the session"],
  ])("fails where the system %s", async (_what, options, step) => {
    const { modules, closed } = await startAbap(options);
    const proof = await modules.proveStatefulSessions(probe);
    expect(proof.proven).toBe(false);
    expect(proof.steps.at(-1)).toEqual({ name: step, ok: false });
    expect(closed).toHaveLength(1);
  });

  it("says nothing when the system cannot be asked", async () => {
    const { modules, closed } = await startAbap({ instead: { BAPI_GET: { status: 401 } } });
    await expect(modules.proveStatefulSessions(probe)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(closed).toHaveLength(1);
  });

  it("is made with allowed modules only", async () => {
    const { modules, calls } = await startAbap({ parts: { wsdls, allowed: ["BAPI_GET"] } });
    await expect(modules.proveStatefulSessions(probe)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(calls).toEqual([]);
  });
});
