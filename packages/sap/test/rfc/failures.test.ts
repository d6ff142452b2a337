import { describe, expect, it } from "vitest";
import { answerOf, envelope, faultOf } from "./envelopes.js";
import { modulesAt, type StubAnswer, startStub } from "./harness.js";
import { functions, typed, wsdlOf } from "./wsdl.js";

const name = "Z_WRITE";
const wsdl = wsdlOf({ name, input: typed("A", "xsd:string"), output: typed("B", "xsd:string") });
const html = { "content-type": "text/html" };

async function fail(answer: StubAnswer, options: { idempotent?: boolean } = {}) {
  const stub = await startStub(() => answer);
  const modules = modulesAt(stub.origin, { wsdls: { [name]: wsdl } });
  const error = await modules.call(name, {}, options).catch((reason: unknown) => reason);
  return { error, tries: stub.requests.length };
}

const exception = `<rfc:${name}.Exception xmlns:rfc="${functions}"><Name>NOT_FOUND</Name></rfc:${name}.Exception>`;
const dump = "Division by 0 (Transaction ID 0050568E12341EDE9B9F8A7C6B5D4E3F)";

describe("a call that fails", () => {
  it.each([
    [
      "a refused logon in HTML",
      { status: 401, headers: html, body: "<html>Logon failed</html>" },
      "AUTHENTICATION_FAILED",
      false,
    ],
    ["a user without rights", { status: 403, headers: html, body: "<html>" }, "PERMISSION_DENIED", false],
    ["a service that is switched off", { status: 404, headers: html, body: "<html>" }, "NOT_FOUND", false],
    ["a system that is away", { status: 503, headers: html, body: "<html>" }, "VENDOR_UNAVAILABLE", true],
    ["a gateway's error", { status: 502, headers: html, body: "<html>" }, "OUTCOME_UNKNOWN", false],
    ["an empty 500", { status: 500 }, "VENDOR_REJECTED", false],
    ["a redirect", { status: 302, headers: { location: "/sap/public/logon" } }, "UNEXPECTED_RESPONSE", false],
    ["a page with 200", { headers: html, body: "<html><body>Log on</body></html>" }, "OUTCOME_UNKNOWN", false],
    ["an empty 200", {}, "OUTCOME_UNKNOWN", false],
    ["JSON with 200", { body: "{}" }, "OUTCOME_UNKNOWN", false],
    ["an empty body in the envelope", { body: envelope("") }, "OUTCOME_UNKNOWN", false],
    ["another module's answer", { body: answerOf("Z_OTHER") }, "OUTCOME_UNKNOWN", false],
    [
      "an envelope of nobody's",
      { body: `<Envelope><Body><${name}.Response/></Body></Envelope>` },
      "OUTCOME_UNKNOWN",
      false,
    ],
    ["an entity bomb", { body: `<!DOCTYPE a [<!ENTITY a "a">]>${answerOf(name).slice(39)}` }, "OUTCOME_UNKNOWN", false],
    ["a fault under 200", { body: faultOf("X", "No") }, "VENDOR_REJECTED", false],
    ["an exception under 200", { body: envelope(exception) }, "VENDOR_REJECTED", false],
    ["a cut connection", { cut: true }, "OUTCOME_UNKNOWN", false],
  ] satisfies [string, StubAnswer, string, boolean][])("by %s is an error", async (_what, answer, code, retryable) => {
    expect((await fail(answer)).error).toMatchObject({ code, retryable });
  });

  it.each([
    ["RFC_ERROR_SYSTEM_FAILURE", "VENDOR_REJECTED"],
    ["SYSTEM_FAILURE", "VENDOR_REJECTED"],
    ["RFC_ERROR_LOGON_FAILURE", "AUTHENTICATION_FAILED"],
    ["RFC_ERROR_COMMUNICATION", "OUTCOME_UNKNOWN"],
    ["ERROR_MESSAGE_STATE", "VENDOR_REJECTED"],
    ["RFC_AUTHORIZATION_FAILURE", "PERMISSION_DENIED"],
    ["RFC_INVALID_PARAMETER", "VENDOR_REJECTED"],
  ])("with the fault %s is %s, and not sent again", async (type, code) => {
    const { error, tries } = await fail({ status: 500, body: faultOf(type, "Why") });
    expect(error).toMatchObject({ code, retryable: false, vendor: { message: "Why", status: 500 } });
    expect(tries).toBe(1);
  });

  it("by a dump tells where to find it, and is never sent again, though it only reads", async () => {
    const { error, tries } = await fail({ status: 500, body: faultOf("SYSTEM_FAILURE", dump) }, { idempotent: true });
    const vendor = { code: "RFC_ERROR_SYSTEM_FAILURE", requestId: "0050568E12341EDE9B9F8A7C6B5D4E3F" };
    expect(error).toMatchObject({ code: "VENDOR_REJECTED", retryable: false, vendor });
    expect(error).toMatchObject({ message: expect.stringMatching(/ST22.*0050568E12341EDE9B9F8A7C6B5D4E3F/) });
    expect(tries).toBe(1);
  });

  it("by a dump in HTML is not tried again either", async () => {
    const page = { status: 500, headers: html, body: `<html><h1>500 SAP Internal Server Error</h1><br>${dump}</html>` };
    const { error, tries } = await fail(page, { idempotent: true });
    expect(error).toMatchObject({
      code: "VENDOR_REJECTED",
      retryable: false,
      message: expect.stringContaining("ST22"),
      vendor: { requestId: "0050568E12341EDE9B9F8A7C6B5D4E3F" },
    });
    expect(tries).toBe(1);
  });

  it.each([
    ["in the body", { status: 500, body: envelope(exception) }],
    [
      "in a fault",
      {
        status: 500,
        body: envelope(`<SOAP-ENV:Fault><faultstring>Z</faultstring><detail>${exception}</detail></SOAP-ENV:Fault>`),
      },
    ],
  ])("by an exception of the module's interface has its name, %s", async (_where, answer) => {
    expect((await fail(answer)).error).toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "NOT_FOUND" } });
  });

  it("says so where SOAP RFC is not active", async () => {
    const page = "<html><h1>Forbidden</h1><p>It could not be processed because the service is not active.</p></html>";
    const { error } = await fail({ status: 403, headers: html, body: page });
    expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("SICF") });
  });

  it("by a lock that another holds may be tried again", async () => {
    const body = envelope(exception.replace("NOT_FOUND", "FOREIGN_LOCK"));
    expect((await fail({ status: 500, body })).error).toMatchObject({ code: "CONFLICT", retryable: true });
  });

  it("takes the code from the words where there is no detail", async () => {
    const fault =
      "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>RFC_AUTHORIZATION_FAILURE: User has no authorization</faultstring></SOAP-ENV:Fault>";
    expect((await fail({ status: 500, body: envelope(fault) })).error).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it.each([
    [
      "a lost connection inside SAP",
      { status: 500, body: faultOf("COMMUNICATION_FAILURE", "x") },
      "VENDOR_UNAVAILABLE",
    ],
    ["a gateway's error", { status: 504, headers: html, body: "<html>" }, "VENDOR_UNAVAILABLE"],
    ["a cut connection", { cut: true }, "CONNECTION_FAILED"],
  ] satisfies [string, StubAnswer, string][])(
    "may be made again after %s when it only reads",
    async (_what, answer, code) => {
      expect((await fail(answer, { idempotent: true })).error).toMatchObject({ code, retryable: true });
    },
  );

  it("says how to look up a write whose answer was lost", async () => {
    const { error } = await fail({ cut: true });
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.stringContaining(name) });
  });
});

describe("the modules that may be called", () => {
  it.each(["RFC_ABAP_INSTALL_AND_RUN", "z_write", "Z_A/B", "SXPG_CALL_SYSTEM", "../x"])(
    "are not %s",
    async (module) => {
      const stub = await startStub(() => ({ status: 404 }));
      const modules = modulesAt(stub.origin, { allowed: ["Z_*", "RFC_PING", "/ROP/*"] });
      await expect(modules.call(module)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
      expect(stub.requests).toHaveLength(0);
    },
  );

  it("are named in the refusal", async () => {
    const modules = modulesAt("http://127.0.0.1:9", { allowed: ["Z_*", "RFC_PING"] });
    await expect(modules.call("BAPI_X")).rejects.toThrow(/Allowed is Z_\*, RFC_PING/);
  });

  it("are never all of them", () => {
    expect(() => modulesAt("http://127.0.0.1:9", { allowed: ["*"] })).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path: "allowed.0" })] }),
    );
  });

  it("have namespaces too, in the form that XML takes", async () => {
    const module = "/ROP/X_GET";
    const xmlName = "_-ROP_-X_GET";
    const own = wsdlOf({ name: xmlName, input: "", output: typed("_-ROP_-B", "xsd:string") });
    const stub = await startStub(({ method }) => ({
      body: method === "GET" ? own : answerOf(xmlName, "<_-ROP_-B>b</_-ROP_-B>"),
    }));
    const { values } = await modulesAt(stub.origin, { allowed: ["/ROP/*"] }).call(module);
    expect(values).toEqual({ "/ROP/B": "b" });
    expect(stub.requests[0]?.path).toBe("/sap/bc/soap/wsdl?services=%2FROP%2FX_GET");
    expect(stub.requests[1]?.body).toMatch(/<(\w+):_-ROP_-X_GET xmlns:\1="urn:sap-com:document:sap:rfc:functions"\/>/);
  });
});
