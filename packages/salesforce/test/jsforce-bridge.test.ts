import type { SalesforceSandbox } from "@isthmus/sandbox";
import type { Connection } from "jsforce";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";
import { type SeenRequest, type StubAnswer, startStubInstance } from "./stub-instance.js";

describe("jsforce on the connector's transport", () => {
  let sandbox: SalesforceSandbox;
  let connector: SalesforceConnector;
  let connection: Connection;

  beforeEach(async () => {
    sandbox = await startSandbox();
    connector = await connectedTo(sandbox);
    connection = await connector.jsforce();
    return async () => {
      await connector.close();
      await sandbox.close();
    };
  });

  it("does what jsforce does: creates, finds and destroys", async () => {
    const created = await connection.sobject("Account").create({ Name: "By jsforce" });
    expect(created).toMatchObject({ success: true, id: expect.stringMatching(/^001/) });
    const found = await connection.query("SELECT Id FROM Account WHERE Name = 'By jsforce'");
    expect(found.totalSize).toBe(1);
    await connection.sobject("Account").destroy(String(created.id));
    expect((await connection.query("SELECT Id FROM Account WHERE Name = 'By jsforce'")).totalSize).toBe(0);
  });

  it("fails with the connector's errors", async () => {
    await expect(connection.query("SELECT Nope FROM Account")).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "INVALID_FIELD" },
    });
  });

  it("sends a POST once when the answer is lost, and repeats a GET", async () => {
    sandbox.clearRequests();
    sandbox.addFault({ method: "POST", path: "/services/data", cutBody: true });
    await expect(connection.sobject("Account").create({ Name: "Once" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    sandbox.addFault({ method: "GET", path: "/services/data", cutBody: true });
    await connection.limits();
    expect(sandbox.requests({ method: "POST" })).toHaveLength(1);
    expect(sandbox.requests({ method: "GET" })).toHaveLength(2);
  });

  it("keeps the token out of the identity's address", async () => {
    sandbox.clearRequests();
    expect((await connection.identity()).username).toBe(sandbox.username);
    expect(sandbox.requests({ path: "/id/" })[0]?.query).toEqual({ format: "json" });
  });

  it("has no way to sign in by itself", async () => {
    await expect(connection.oauth2.revokeToken("token")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(connection.login("user", "password")).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
  });

  it("ends a describe when the caller's signal is aborted", async () => {
    sandbox.addFault({ path: "/services/data/v60.0/sobjects/Account/describe", delayMs: 10_000 });
    const controller = new AbortController();
    const described = connector.describe("Account", { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(described).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("what the sandbox does not play", () => {
  let respond: (request: SeenRequest) => StubAnswer;
  let stub: Awaited<ReturnType<typeof startStubInstance>>;
  let connector: SalesforceConnector;
  let connection: Connection;

  beforeEach(async () => {
    respond = () => ({ status: 200, body: "{}" });
    stub = await startStubInstance((request) => respond(request));
    const { url } = stub;
    const allowedPrivateHosts = [new URL(url).host];
    connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: url, allowedPrivateHosts });
    connection = await connector.jsforce();
  });

  afterEach(async () => {
    await connector.close();
    await stub.close();
  });

  it("puts the real token where SOAP wants it, and renews it when a fault says that the session has ended", async () => {
    const fault = "<faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: ended</faultstring>";
    const envelope = (body: string) =>
      `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
    respond = ({ body }) =>
      body.includes("token-1")
        ? { status: 500, contentType: "text/xml", body: envelope(`<soapenv:Fault>${fault}</soapenv:Fault>`) }
        : {
            status: 200,
            contentType: "text/xml",
            body: envelope(
              "<describeMetadataResponse><result><organizationNamespace>ns</organizationNamespace></result></describeMetadataResponse>",
            ),
          };
    expect(await connection.metadata.describe("60.0")).toMatchObject({ organizationNamespace: "ns" });
    expect(stub.requests.map(({ body }) => /sessionId[^>]*>([^<]*)</.exec(body)?.[1])).toEqual(["token-1", "token-2"]);
    expect(stub.requests.every(({ headers }) => !JSON.stringify(headers).includes("isthmus-session"))).toBe(true);
  });

  it("sends a body that is written into the stream, whole", async () => {
    const rows = Array.from({ length: 20_000 }, (_unused, index) => `row ${index}\n`);
    const upload = connection.request({
      method: "PUT",
      url: "/jobs/ingest/1/batches",
      headers: { "content-type": "text/csv" },
    });
    const stream = upload.stream();
    for (const row of rows) if (!stream.write(row)) await new Promise((resolve) => stream.once("drain", resolve));
    stream.end();
    await upload;
    expect(stub.requests[0]?.body).toBe(rows.join(""));
    expect(stub.requests[0]?.headers.authorization).toBe("Bearer token-1");
  });

  it("survives a writer that goes on after the request has failed", async () => {
    respond = () => ({ status: 400, body: '[{"errorCode":"INVALIDJOBSTATE","message":"closed"}]' });
    const upload = connection.request({ method: "PUT", url: "/jobs/ingest/1/batches" });
    const stream = upload.stream();
    const failed = new Promise((resolve) => stream.on("error", resolve));
    stream.end("too late");
    await expect(upload).rejects.toMatchObject({ vendor: { code: "INVALIDJOBSTATE" } });
    expect(await failed).toMatchObject({ code: "VENDOR_REJECTED" });
  });

  it("survives a connection that is cut while the body is being written", async () => {
    const upload = connection.request({ method: "PUT", url: "/jobs/ingest/1/cut" });
    const stream = upload.stream();
    const failed = new Promise((resolve) => stream.on("error", resolve));
    const chunk = "row\n".repeat(10_000);
    for (let index = 0; index < 50 && !stream.destroyed; index += 1) {
      stream.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(upload).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_FAILED|OUTCOME_UNKNOWN)$/),
    });
    await failed;
  });

  it("sends no body where jsforce names none", async () => {
    await connection.request({ method: "POST", url: "/actions/custom", body: undefined });
    expect(stub.requests[0]).toMatchObject({ method: "POST", body: "" });
  });

  it("keeps the bytes of a binary answer for the reader of the stream", async () => {
    respond = () => ({ status: 200, contentType: "application/octet-stream", body: "bytes \u00ff" });
    const chunks: Buffer[] = [];
    for await (const chunk of connection.sobject("Attachment").record("00P000000000001AAA").blob("Body")) {
      chunks.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(chunks).toString()).toBe("bytes \u00ff");
  });

  it("reports an HTML page in place of JSON as what it is", async () => {
    respond = () => ({ status: 200, contentType: "text/html", body: "<html>Sign in</html>" });
    await expect(connector.limits()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    await expect(connector.identity()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    await expect(connector.queryPage({ soql: "SELECT Id FROM Account" })).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
  });

  it.each(["https://evil.example/next", "//evil.example/next", "../../x", ""])(
    "does not follow a next page at %j",
    async (nextRecordsUrl) => {
      respond = () => ({
        status: 200,
        body: JSON.stringify({ totalSize: 2, done: false, records: [], nextRecordsUrl }),
      });
      await expect(connector.queryAllRecords("SELECT Id FROM Account")).rejects.toMatchObject({
        code: "UNEXPECTED_RESPONSE",
      });
      expect(stub.requests).toHaveLength(1);
    },
  );

  it("reads an empty 204 of an old API version as an update", async () => {
    respond = () => ({ status: 204, body: "" });
    expect(await connector.upsert("Account", "External_Id__c", "1", {})).toEqual({ created: false });
  });
});
