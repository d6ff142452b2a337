import type { ServerResponse } from "node:http";
import { OutcomeUnknownError } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { parseIdoc, parseIdocs } from "../../src/idoc/parse-idoc.js";
import { IdocSender } from "../../src/idoc/send/idoc-sender.js";
import type { IdocSenderOptions, SendIdocsOptions } from "../../src/idoc/send/send-options.js";
import { clock, order, partners, type StubSystem, schemaOf, startSystem } from "./support.js";

const okPage = "<html><head><title>IDoc-XML-inbound ok</title></head><body><h1>IDoc-XML-inbound ok</h1></body></html>";
const options: SendIdocsOptions = { idempotencyKey: "order-4711", schema: schemaOf("ORDERS05") };

function sender(system: StubSystem, more: Partial<IdocSenderOptions> = {}): IdocSender {
  return new IdocSender({ http: system.http, clock, client: "100", partners, ...more });
}

function respond(status: number, body: string, contentType = "text/html; charset=utf-8") {
  return (response: ServerResponse) => response.writeHead(status, { "Content-Type": contentType }).end(body);
}

function envelope(content: string): string {
  return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${content}</soap:Body></soap:Envelope>`;
}

function assign(transferId: string, databaseId: string): string {
  return `<ASSIGN><TRANSFER_ID>${transferId}</TRANSFER_ID><DB_ID>${databaseId}</DB_ID></ASSIGN>`;
}

function numbered(docnum: string) {
  return order({ control: { ...order().control, DOCNUM: docnum } });
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable("It was not refused."),
    (error: unknown) => error,
  );
}

describe("the form xml", () => {
  it("posts the document to idoc_xml and says that it is stored, not posted", async () => {
    await using system = await startSystem(respond(200, okPage));
    const receipt = await sender(system).send([order(), order()], options);
    expect(receipt).toEqual({
      state: "stored",
      idocs: [
        { transferId: expect.stringMatching(/^\d{16}$/), arckey: "order-4711/1" },
        { transferId: expect.stringMatching(/^\d{16}$/), arckey: "order-4711/2" },
      ],
    });
    const [request] = system.requests;
    expect(request).toMatchObject({ method: "POST", url: "/sap/bc/idoc_xml?sap-client=100" });
    expect(request?.headers["content-type"]).toBe("text/xml; charset=utf-8");
    const sent = parseIdocs(request?.body ?? "", { schema: schemaOf("ORDERS05") });
    expect(sent.map(({ control }) => control.ARCKEY)).toEqual(["order-4711/1", "order-4711/2"]);
  });

  it("sends to the path and as the content type that are configured", async () => {
    await using system = await startSystem(respond(200, okPage));
    const custom = { paths: { xml: "/sap/bc/zidoc?variant=2" }, xmlContentType: "application/x-sap.idoc" };
    await sender(system, custom).send([order()], options);
    expect(system.requests[0]?.url).toBe("/sap/bc/zidoc?variant=2&sap-client=100");
    expect(system.requests[0]?.headers["content-type"]).toBe("application/x-sap.idoc");
  });

  it("sends nothing that the schema refuses", async () => {
    await using system = await startSystem(respond(200, okPage));
    const wrong = order({ segments: [{ name: "E1EDK99" }] });
    expect(await failure(sender(system).send([wrong], options))).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(system.requests).toEqual([]);
  });

  it.each([
    [
      "a page to log on with status 200",
      200,
      '<html><form><input name="sap-user"></form></html>',
      "AUTHENTICATION_FAILED",
    ],
    ["anybody's page with status 200", 200, "<html><title>Welcome</title></html>", "OUTCOME_UNKNOWN"],
    ["SAP's page that it failed, with status 200", 200, okPage.replaceAll("ok", "error"), "UNEXPECTED_RESPONSE"],
    ["401 in HTML", 401, "<html><title>Logon failed</title></html>", "AUTHENTICATION_FAILED"],
    ["403", 403, "<html><title>Forbidden</title></html>", "PERMISSION_DENIED"],
    ["404: the service is not active", 404, "<html><title>Service cannot be reached</title></html>", "NOT_FOUND"],
    ["400", 400, "<html><title>IDoc-XML-inbound error</title></html>", "VENDOR_REJECTED"],
    ["500 with a dump", 500, "<html><title>Application Server Error</title></html>", "VENDOR_REJECTED"],
    ["a redirect", 302, "", "UNEXPECTED_RESPONSE"],
    ["status 200 and nothing", 200, "", "OUTCOME_UNKNOWN"],
    ["status 200 and other text", 200, "thank you", "OUTCOME_UNKNOWN"],
    ["504 of a proxy", 504, "<html><title>Gateway Timeout</title></html>", "OUTCOME_UNKNOWN"],
  ])("makes an error of %s", async (_name, status, body, code) => {
    await using system = await startSystem(respond(status, body));
    expect(await failure(sender(system).send([order()], options))).toMatchObject({ code, retryable: false });
    expect(system.requests).toHaveLength(1);
  });

  it("says how to look up what became of IDocs whose answer was lost, and sends them once", async () => {
    await using system = await startSystem((response) => response.destroy());
    const error = await failure(sender(system).send([order()], options));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ reconcile: expect.stringContaining("EDIDC") });
    expect(error).toMatchObject({ reconcile: expect.stringContaining("order-4711") });
    expect(system.requests).toHaveLength(1);
  });
});

describe("the form soap", () => {
  const soap: SendIdocsOptions = { ...options, form: "soap" };

  it("posts an envelope to srt/idoc and gives the numbers that SAP assigned", async () => {
    const body = envelope(
      `<n:ORDERS05.Response xmlns:n="urn:x">${assign("2", "0000000000990002")}${assign("0000000000000001", "990001")}</n:ORDERS05.Response>`,
    );
    await using system = await startSystem(respond(200, body, "text/xml"));
    const { idocs } = await sender(system).send([numbered("0000000000000001"), numbered("0000000000000002")], soap);
    expect(idocs.map(({ docnum }) => docnum)).toEqual(["0000000000990001", "0000000000990002"]);
    expect(system.requests[0]).toMatchObject({ url: "/sap/bc/srt/idoc?sap-client=100" });
    expect(system.requests[0]?.headers).toMatchObject({ "content-type": "text/xml; charset=utf-8", soapaction: '""' });
    expect(parseIdocs(system.requests[0]?.body ?? "")).toHaveLength(2);
  });

  it("makes an error of a partial answer, which names the missing and the stored ones", async () => {
    const body = envelope(
      assign("0000000000000002", "0000000000990002") + assign("0000000000000001", "0000000000000000"),
    );
    await using system = await startSystem(respond(200, body, "text/xml"));
    expect(
      await failure(sender(system).send([numbered("0000000000000001"), numbered("0000000000000002")], soap)),
    ).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      message: expect.stringContaining("1 of 2 IDocs. Not among them: order-4711/1"),
      reconcile: expect.stringContaining("ARCKEY order-4711/1."),
      vendor: {
        messages: [
          { severity: "error", message: expect.stringContaining("order-4711/1") },
          { severity: "success", message: expect.stringContaining("order-4711/2 is stored as 0000000000990002") },
        ],
      },
    });
  });

  it.each([200, 500])("makes an error of a fault with status %i, with SAP's words", async (status) => {
    const fault =
      "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>IDoc SOAP Namespace - Violation</faultstring><detail><a>EA</a><b>728</b></detail></soap:Fault>";
    await using system = await startSystem(respond(status, envelope(fault), "text/xml"));
    expect(await failure(sender(system).send([order()], soap))).toMatchObject({
      code: "VENDOR_REJECTED",
      message: expect.stringContaining("Namespace - Violation"),
      vendor: {
        code: "soap:Server",
        status,
        messages: [{ message: "IDoc SOAP Namespace - Violation" }, { message: "EA" }, { message: "728" }],
      },
    });
  });

  it.each([
    ["anybody's page", "<html><title>Welcome</title></html>", "OUTCOME_UNKNOWN"],
    ["nothing", "", "OUTCOME_UNKNOWN"],
    ["an envelope that assigns nothing", envelope(""), "OUTCOME_UNKNOWN"],
    ["half an envelope", envelope(assign("1", "990001")).slice(0, -20), "OUTCOME_UNKNOWN"],
  ])("makes an error of %s with status 200", async (_name, body, code) => {
    await using system = await startSystem(respond(200, body, "text/xml"));
    expect(await failure(sender(system).send([order()], soap))).toMatchObject({ code });
  });

  it("lets SAP take an IDoc once: a lost answer is repeated with the same message id", async () => {
    let tries = 0;
    await using system = await startSystem((response) => {
      tries += 1;
      if (tries === 1) response.destroy();
      else respond(200, envelope(assign("1", "990001")), "text/xml")(response);
    });
    const { idocs } = await sender(system).send([numbered("1")], { ...soap, exactlyOnce: true });
    expect(idocs[0]?.docnum).toBe("0000000000990001");
    const bodies = system.requests.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(new Set(bodies).size).toBe(1);
    expect(parseIdoc(bodies[0] ?? "").control.ARCKEY).toMatch(/^urn:sap\.com:msgid=[0-9A-F]{32}$/);
    expect(bodies[0]).toContain('<ORDERS05 xmlns="urn:sap-com:document:sap:idoc:soap:messages">');
    expect(system.requests[0]?.headers["content-type"]).toBe("application/x-sap.idoc");
  });

  it("calls it passing when SAP is still at work on the same message id", async () => {
    const locked =
      "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>IDoc SOAP Namespace - Violation (MSGID_LOCKED)</faultstring></soap:Fault>";
    await using busy = await startSystem(respond(200, envelope(locked), "text/xml"));
    const once = { ...soap, exactlyOnce: true };
    expect(await failure(sender(busy).send([order()], once))).toMatchObject({ retryable: true });
    expect(await failure(sender(busy).send([order()], soap))).toMatchObject({ retryable: false });
  });

  it("refuses to send several IDocs exactly once", async () => {
    await using system = await startSystem(respond(200, okPage));
    const sent = sender(system).send([order(), order()], { ...soap, exactlyOnce: true });
    expect(await failure(sent)).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(system.requests).toEqual([]);
  });
});

describe("the form plain", () => {
  const plain: SendIdocsOptions = { ...options, form: "plain" };

  it("posts records of fixed width to the handler that is configured", async () => {
    await using system = await startSystem((response) => response.writeHead(202).end());
    const receipt = await sender(system, { paths: { plain: "/sap/bc/zidoc_flat" } }).send([order()], plain);
    expect(receipt).toMatchObject({ state: "stored", idocs: [{ arckey: "order-4711" }] });
    expect(system.requests[0]?.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const lines = (system.requests[0]?.body ?? "").split("\r\n");
    expect(lines.map((line) => line.length)).toEqual([524, 1063, 1063, 1063, 0]);
  });

  it("refuses without a path or without a schema, before anything is sent", async () => {
    await using system = await startSystem(respond(200, ""));
    expect(await failure(sender(system).send([order()], plain))).toMatchObject({ code: "VALIDATION_FAILED" });
    const configured = sender(system, { paths: { plain: "/x" } });
    const without = configured.send([order()], { idempotencyKey: "k", form: "plain" });
    expect(await failure(without)).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(system.requests).toEqual([]);
  });
});
