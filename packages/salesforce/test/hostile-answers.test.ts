import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { type SeenRequest, type StubAnswer, startStubInstance } from "./stub-instance.js";

const id = "001000000000001AAA";
const maintenance = { status: 200, contentType: "text/html", body: "<html>Down for maintenance</html>" };
const page = (value: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(value) });

let respond: (request: SeenRequest) => StubAnswer;
let stub: Awaited<ReturnType<typeof startStubInstance>>;
let connector: SalesforceConnector;

beforeEach(async () => {
  stub = await startStubInstance((request) => respond(request));
  const allowedPrivateHosts = [new URL(stub.url).host];
  connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts });
});

afterEach(async () => {
  await connector.close();
  await stub.close();
});

describe("an answer that says success without being Salesforce's", () => {
  it.each([
    ["a maintenance page", maintenance],
    ["an empty 200", { status: 200, body: "" }],
    ["a list of errors", page([{ errorCode: "SOMETHING", message: "no" }])],
  ])("is no update: %s", async (_name, answer) => {
    respond = () => answer;
    await expect(connector.update("Account", id, { Name: "Lost" })).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    await expect(connector.delete("Account", id)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it.each([
    ["a maintenance page", maintenance],
    ["no content", { status: 204, body: "" }],
    ["no id", { status: 201, body: '{"success":true,"errors":[]}' }],
    ["no success", { status: 201, body: `{"id":"${id}","success":false,"errors":[]}` }],
  ])("leaves a create unknown, sent once: %s", async (_name, answer) => {
    respond = () => answer;
    await expect(connector.create("Account", { Name: "Doubled" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      reconcile: expect.stringContaining("Account"),
    });
    expect(stub.requests).toHaveLength(1);
  });

  it("is no upsert when it says that it did not succeed", async () => {
    respond = () => page({ id, created: false, success: false, errors: [] });
    await expect(connector.upsert("Account", "Key__c", "1", {})).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

it("takes its own token and secrets out of what Salesforce quotes, in whatever form", async () => {
  const clientSecret = 'c0nsumer/secret+"&<';
  const options = { clientId: "id", clientSecret, refreshToken: "r", loginUrl: stub.url };
  const own = createSalesforceConnector({ ...options, allowedPrivateHosts: [new URL(stub.url).host] });
  const forms = [clientSecret, encodeURIComponent(clientSecret), Buffer.from(`id:${clientSecret}`).toString("base64")];
  for (const form of forms) {
    respond = () => ({
      status: 400,
      body: JSON.stringify([{ errorCode: "BAD", message: `Refused for ${form} today` }]),
    });
    const error = await own.retrieve("Account", id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      vendor: { message: expect.stringMatching(/^Refused for \S*\[redacted\]\S* today$/) },
    });
  }
  await own.close();
});

describe("pages", () => {
  it("are not read for ever when they lead back to one that was read", async () => {
    const next = (name: string) => `/services/data/v60.0/query/01g-${name}`;
    respond = ({ url }) => {
      const nextRecordsUrl = url === next("a") ? next("b") : next("a");
      return page({ totalSize: 9, done: false, nextRecordsUrl, records: [{ Id: id }] });
    };
    const read = async () => {
      for await (const _record of connector.query("SELECT Id FROM Account"))
        expect(stub.requests.length).toBeLessThan(9);
    };
    await expect(read()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("carry the token to no address that a caller made up", async () => {
    for (const nextRecordsUrl of [`${stub.url}/steal`, "https://evil.my.salesforce.com/services/data/x", "/secur/x"]) {
      await expect(connector.queryPage({ nextRecordsUrl })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    expect(stub.requests).toEqual([]);
  });

  it("count more than is collected at once without collecting it", async () => {
    respond = () => page({ totalSize: 1_000_000, done: true, records: [] });
    expect((await connector.queryAllRecords("SELECT COUNT() FROM Account")).totalSize).toBe(1_000_000);
  });
});

describe("a token", () => {
  it("goes to the instance that it came with, when the organisation has moved", async () => {
    const moved = await startStubInstance(() => ({ status: 200, body: '{"totalSize":0,"done":true,"records":[]}' }));
    const left = await startStubInstance(
      () => ({ status: 401, body: '[{"errorCode":"INVALID_SESSION_ID","message":"gone"}]' }),
      (count) => (count > 1 ? { instance_url: moved.url } : {}),
    );
    const allowedPrivateHosts = [left, moved].map(({ url }) => new URL(url).host);
    const options = { clientId: "id", refreshToken: "r", loginUrl: left.url, allowedPrivateHosts };
    const migrating = createSalesforceConnector(options);
    const connection = await migrating.jsforce();
    expect(await migrating.queryAllRecords("SELECT Id FROM Account")).toEqual({ records: [], totalSize: 0 });
    await connection.query("SELECT Id FROM Account");
    const seen = (at: typeof left) => at.requests.map(({ headers }) => headers.authorization);
    expect([seen(left), seen(moved)]).toEqual([["Bearer token-1"], ["Bearer token-2", "Bearer token-2"]]);
    await migrating.close();
    await Promise.all([left.close(), moved.close()]);
  });

  it("is renewed once when it is refused, the vendor fails, and the fresh one is refused as well", async () => {
    const statuses = [401, 503, 401];
    respond = () => ({ status: statuses.shift() ?? 200, body: "[]" });
    await expect(connector.versions()).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(stub.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
      "Bearer token-2",
    ]);
  });
});

describe("input that cannot be sent as it is", () => {
  it.each(["\ud800", "a\udc00"])("is refused by name, before anything is sent: %j", async (text) => {
    await expect(connector.upsert("Account", "Key__c", text, {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(connector.queryPage({ soql: `SELECT ${text}` })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(stub.requests).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), 1n])(
    "does not empty a field in its place: %s",
    async (value) => {
      respond = () => ({ status: 204, body: "" });
      for (const record of [{ Amount: value }, { Owner: { Amount: value } }]) {
        await expect(connector.update("Account", id, record)).rejects.toMatchObject({
          code: "VALIDATION_FAILED",
          issues: [{ path: expect.stringContaining("Amount") }],
        });
      }
      expect(stub.requests).toEqual([]);
    },
  );
});

describe("jsforce on the connector's transport", () => {
  it("puts the token in no record, whatever the record says", async () => {
    respond = () => ({ status: 201, body: `{"id":"${id}","success":true,"errors":[]}` });
    const connection = await connector.jsforce();
    await connection.sobject("Account").create({ Name: "isthmus-session" });
    expect(stub.requests[0]?.body).not.toContain("token-1");
  });

  it("ends a stream without a listener with no more than the call's failure", async () => {
    respond = () => ({ status: 503, body: "" });
    const connection = await connector.jsforce();
    const request = connection.request({ method: "POST", url: "/x", body: "" });
    request.stream().resume();
    await expect(request).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("ends a stream of the first Bulk API without a listener alike", async () => {
    const answered = Promise.withResolvers<void>();
    respond = () => {
      answered.resolve();
      return {
        status: 400,
        contentType: "application/xml",
        body: "<error><exceptionCode>InvalidBatch</exceptionCode></error>",
      };
    };
    const connection = await connector.jsforce();
    connection.bulk.job("750000000000001AAA").batch("751000000000001AAA").result("752000000000001AAA");
    await answered.promise;
    // Behind it in the same process: by then the failure has gone where it goes.
    await expect(connection.request("/x")).rejects.toMatchObject({ code: "VENDOR_REJECTED" });
  });

  it("outlives a bulk job that has loaded its records and cannot be closed", async () => {
    const xml = (body: string, status = 200) => ({ status, contentType: "application/xml", body });
    const closing = Promise.withResolvers<void>();
    const batch = "<batchInfo><id>751</id><jobId>750</jobId><state>Completed</state></batchInfo>";
    respond = ({ method, url }) => {
      if (url.endsWith("/job")) return xml("<jobInfo><id>750</id><state>Open</state></jobInfo>");
      if (url.endsWith("/result")) {
        return {
          status: 200,
          contentType: "text/csv",
          body: `"Id","Success","Created","Error"\n"${id}","true","true",""\n`,
        };
      }
      if (url.includes("/batch")) return xml(batch);
      if (method === "POST") closing.resolve();
      return xml("<error><exceptionCode>InvalidJobState</exceptionCode></error>", 400);
    };
    const connection = await connector.jsforce();
    connection.bulk.pollInterval = 1;
    expect(await connection.bulk.load("Account", "insert", [{ Name: "x" }])).toMatchObject([{ id, success: true }]);
    await closing.promise;
    await expect(connection.request("/x")).rejects.toMatchObject({ code: "VENDOR_REJECTED" });
  });

  it("refuses its bulk query, which loses records of the second page on and may end the process", async () => {
    respond = ({ url }) => {
      if (!url.includes("/results")) return page({ id: "750000000000001AAA", state: "JobComplete" });
      return { status: 200, contentType: "text/csv", body: "Id\n1\n" };
    };
    const connection = await connector.jsforce();
    await expect(connection.bulk2.query("SELECT Id FROM Account")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const job = connection.bulk2.job("query", { id: "750000000000001AAA" });
    await expect(job.result()).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
