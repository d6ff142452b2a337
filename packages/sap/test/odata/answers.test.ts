import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../support/small-model.js";
import { type StubAnswer, type StubSap, startStubSap } from "../support/stub-sap.js";

let stub: StubSap;
beforeAll(async () => {
  stub = await startStubSap();
});
afterEach(() => {
  stub.answers.length = 0;
  stub.requests.length = 0;
});
afterAll(() => stub.close());

const types = { Products: { keys: ["ID"], properties: { ID: "Edm.Int32", name: "Edm.String" } } };
const v2 = smallModel("v2", types);
const v4 = smallModel("v4", types);
const html = (title: string) =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body>secret text</body></html>`;
const htmlHeaders = { "content-type": "text/html; charset=utf-8" };
const jsonHeaders = { "content-type": "application/json" };

describe("messages beside a success", () => {
  it("reads the header sap-message of v2, with its details", async () => {
    const details = [{ code: "V1/002", message: "Größe fehlt", severity: "warning", target: "Size" }];
    const message = { code: "V1/001", message: "Saved incompletely", severity: "error", details };
    const header = Buffer.from(JSON.stringify(message)).toString("latin1");
    stub.answers.push({ status: 201, headers: { "sap-message": header }, body: { d: { ID: 1 } } });
    const created = await stub.service(v2).create("Products", { ID: 1 });
    expect(created).toEqual({
      record: { ID: 1 },
      messages: [
        { severity: "error", code: "V1/001", message: "Saved incompletely" },
        { severity: "warning", code: "V1/002", message: "Größe fehlt", field: "Size" },
      ],
    });
  });

  it("reads the header sap-messages of v4", async () => {
    const messages = [
      { code: "A", message: "Done", numericSeverity: 1 },
      { code: "B", message: "Look", numericSeverity: 3, target: "name" },
    ];
    stub.answers.push({ headers: { "sap-messages": JSON.stringify(messages) }, body: { ID: 1 } });
    expect((await stub.service(v4).read("Products", 1)).messages).toEqual([
      { severity: "success", code: "A", message: "Done" },
      { severity: "warning", code: "B", message: "Look", field: "name" },
    ]);
  });

  it("says that there was one where it cannot be read", async () => {
    stub.answers.push({ headers: { "sap-message": "<notification>" }, body: { ID: 1 } });
    expect((await stub.service(v4).read("Products", 1)).messages).toMatchObject([{ severity: "warning" }]);
  });
});

describe("errors of OData", () => {
  const wire = {
    error: {
      code: "V1/311",
      message: { lang: "en", value: "Order type is missing" },
      innererror: {
        transactionid: "5F1A2B3C",
        errordetails: [
          { code: "V1/311", message: "Order type is missing", propertyref: "OrderType", severity: "error" },
          { code: "V1/555", message: "Default plant used", severity: "warning" },
        ],
      },
    },
  };

  it("tells code, words, transaction and every message of v2 in JSON, each once", async () => {
    stub.answers.push({ status: 400, body: wire });
    await expect(stub.service(v2).read("Products", 1)).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      message: expect.stringContaining("Order type is missing"),
      vendor: {
        status: 400,
        code: "V1/311",
        requestId: "5F1A2B3C",
        messages: [
          { severity: "error", code: "V1/311", message: "Order type is missing", field: "OrderType" },
          { severity: "warning", code: "V1/555", message: "Default plant used" },
        ],
      },
    });
  });

  it("tells the same of v2 in XML", async () => {
    const body = `<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><code>005056A509B11EE1B9A8FEC11C21D78E</code><message xml:lang="en">Resource not found for the segment 'X'.</message><innererror><transactionid>5F1A</transactionid><errordetails><errordetail><code>A/1</code><message>More</message><propertyref>P</propertyref><severity>info</severity></errordetail></errordetails></innererror></error>`;
    stub.answers.push({ status: 404, headers: { "content-type": "application/xml" }, body });
    await expect(stub.service(v2).read("Products", 1)).rejects.toMatchObject({
      code: "NOT_FOUND",
      vendor: {
        code: "005056A509B11EE1B9A8FEC11C21D78E",
        requestId: "5F1A",
        messages: [{ severity: "error" }, { severity: "information", code: "A/1", message: "More", field: "P" }],
      },
    });
  });

  it("tells the details of v4", async () => {
    const details = [{ code: "B", message: "too long", target: "name" }];
    stub.answers.push({ status: 422, body: { error: { code: "A", message: "Several errors", details } } });
    await expect(stub.service(v4).read("Products", 1)).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { messages: [{ code: "A" }, { code: "B", field: "name", severity: "error" }] },
    });
  });

  it.each<[string, StubAnswer, object]>([
    ["an error inside a success", { status: 200, body: wire }, { code: "VENDOR_REJECTED", vendor: { code: "V1/311" } }],
    ["a dump", { status: 500, body: wire }, { code: "VENDOR_REJECTED", retryable: false }],
    [
      "a lock, by code",
      { status: 400, body: { error: { code: "M3/024", message: "x" } } },
      { code: "CONFLICT", retryable: true },
    ],
    [
      "a lock, by words",
      { status: 400, body: { error: { code: "Z/1", message: "Order 1 is locked by SMITH" } } },
      { code: "CONFLICT", retryable: true },
    ],
    [
      "what a status locks for good",
      { status: 400, body: { error: { code: "Z/2", message: "Order 1 is locked by status BLCK" } } },
      { code: "VENDOR_REJECTED", retryable: false },
    ],
    [
      "a lock by a code that BAPIs have too",
      { status: 400, body: { error: { code: "V1/042", message: "Being worked on" } } },
      { code: "CONFLICT", retryable: true },
    ],
    [
      "a refused logon",
      { status: 401, headers: htmlHeaders, body: html("Logon") },
      { code: "AUTHENTICATION_FAILED", retryable: false },
    ],
    ["a missing authorization", { status: 403, body: wire }, { code: "PERMISSION_DENIED", retryable: false }],
    [
      "a CSRF token refused twice",
      { status: 403, headers: { "x-csrf-token": "Required" } },
      { code: "VENDOR_UNAVAILABLE", retryable: true },
    ],
    [
      "a service that is not there",
      { status: 404, headers: htmlHeaders, body: html("Not found") },
      { code: "NOT_FOUND" },
    ],
    [
      "what the service does not do",
      { status: 501, body: { error: { code: "x", message: "no" } } },
      { code: "UNSUPPORTED" },
    ],
    ["XML that ends early", { status: 400, body: "<?xml version='1.0'?><error><code>" }, { code: "VENDOR_REJECTED" }],
    [
      "a redirect to a logon",
      { status: 302, headers: { location: "https://idp.example/" } },
      { code: "UNEXPECTED_RESPONSE" },
    ],
  ])("knows %s", async (_name, answer, error) => {
    stub.answers.push(answer, answer);
    await expect(stub.service(v2).read("Products", 1)).rejects.toMatchObject(error);
  });

  it("waits as long as a limit says", async () => {
    stub.answers.push(...[1, 2].map(() => ({ status: 429, headers: { "retry-after": "120" } })));
    const error = { code: "RATE_LIMITED", retryAfterMs: 120_000 };
    await expect(stub.service(v2).read("Products", 1)).rejects.toMatchObject(error);
  });

  it("takes a record with a property `error` for a record", async () => {
    stub.answers.push({ body: { error: { code: "its own" }, ID: 1 } });
    expect((await stub.service(v4).read("Products", 1)).record).toEqual({ error: { code: "its own" }, ID: 1 });
  });
});

describe("answers that are none", () => {
  it.each<[string, StubAnswer]>([
    ["a page in HTML", { headers: htmlHeaders, body: html("Logon to BTP") }],
    ["a page that does not say so", { headers: { "content-type": "text/plain" }, body: html("Maintenance") }],
    ["nothing", { headers: jsonHeaders, body: "" }],
    ["no content", { status: 204 }],
    ["JSON that is cut", { headers: jsonHeaders, body: '{"d":{"ID":1' }],
    ["XML", { headers: { "content-type": "application/atom+xml" }, body: "<entry/>" }],
    ["JSON without `d`", { body: { ID: 1 } }],
    ["an empty `d`", { body: { d: {} } }],
    ["a list where a record belongs", { body: { d: [{ ID: 1 }] } }],
    ["null", { headers: jsonHeaders, body: "null" }],
  ])("refuses %s instead of a record", async (_name, answer) => {
    stub.answers.push(answer);
    await expect(stub.service(v2).read("Products", 1)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it.each<[string, StubAnswer]>([
    ["an object without `value`", { body: { ID: 1 } }],
    ["rows that are no records", { body: { value: [1] } }],
    ["a page in HTML", { headers: htmlHeaders, body: html("Logon") }],
  ])("refuses %s instead of a list", async (_name, answer) => {
    stub.answers.push(answer);
    await expect(stub.service(v4).page("Products")).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("tells the title of a page and nothing else of it", async () => {
    stub.answers.push({ headers: htmlHeaders, body: html("Logon\n  to BTP") });
    const error = await stub
      .service(v2)
      .read("Products", 1)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining('"Logon to BTP"') });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(String(error)).not.toContain("secret");
  });

  it.each(["7 of 9", "-1", "", "<html>", "1e3"])("refuses %j as a count", async (body) => {
    stub.answers.push({ headers: { "content-type": "text/plain" }, body });
    await expect(stub.service(v4).count("Products")).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

describe("paging links", () => {
  const read = async () => Array.fromAsync(stub.service(v4).query("Products"));

  it.each([
    "https://evil.example/sap/opu/odata/sap/SHOP/Products",
    "//evil.example/x",
    "/sap/opu/odata/sap/OTHER/Products",
    "../../x",
    "ftp:x",
  ])("does not follow %s", async (link) => {
    stub.answers.push({ body: { value: [], "@odata.nextLink": link } });
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/^(FORBIDDEN_TARGET|UNEXPECTED_RESPONSE)$/),
    });
    expect(stub.requests).toHaveLength(1);
  });

  it("ends at empty pages that go on and on", async () => {
    let page = 0;
    stub.handle = () => {
      page += 1;
      return { body: { value: [], "@odata.nextLink": `Products?$skiptoken=${page}` } };
    };
    await expect(Array.fromAsync(stub.service(v4).query("Products"))).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    expect(page).toBeLessThan(1_100);
  });

  it("tells that an action was done when only the rest of its list is missing", async () => {
    const returns = { type: "Shop.Products", isCollection: true };
    const operation = { name: "renameAll", kind: "action", method: "POST", parameters: [], returns } as const;
    const service = stub.service(smallModel("v4", types, [operation]));
    const first = { body: { value: [{ ID: 1 }], "@odata.nextLink": "renameAll?$skiptoken=1" } };
    stub.answers.push(first, { body: { value: [{ ID: 2 }] } });
    expect((await service.invoke("renameAll")).value).toMatchObject([{ ID: 1 }, { ID: 2 }]);
    stub.answers.push(first, { status: 403 });
    await expect(service.invoke("renameAll")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("ends at a link that leads back", async () => {
    stub.answers.push(
      { body: { value: [{ ID: 1 }], "@odata.nextLink": "Products?$skiptoken=1" } },
      { body: { value: [{ ID: 2 }], "@odata.nextLink": "Products?$skiptoken=2" } },
      { body: { value: [{ ID: 3 }], "@odata.nextLink": "Products?$skiptoken=1" } },
    );
    await expect(read()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(stub.requests).toHaveLength(3);
  });

  it("reads a link relative to the context of its answer", async () => {
    stub.answers.push(
      {
        body: { "@odata.context": "../SHOP/$metadata#Products", value: [], "@odata.nextLink": "Products?$skiptoken=1" },
      },
      { body: { value: [{ ID: 1 }] } },
    );
    expect(await read()).toHaveLength(1);
    expect(stub.requests[1]?.path).toBe("Products?$skiptoken=1");
  });
});

describe("numbers", () => {
  it("keeps every digit of a system that does not know IEEE754Compatible", async () => {
    const body = '{"ID":1,"stock":9007199254740993,"price":12345678901234567.10,"small":1.50,"big":1e3}';
    stub.answers.push({ headers: jsonHeaders, body });
    const { record } = await stub.service(v4).read("Products", 1);
    expect(record).toEqual({ ID: 1, stock: "9007199254740993", price: "12345678901234567.10", small: 1.5, big: 1000 });
    expect(stub.requests[0]?.headers.accept).toContain("IEEE754Compatible=true");
  });
});

describe("addresses", () => {
  const related = smallModel("v4", {
    Orders: { keys: ["ID"], properties: { ID: "Edm.Int32" }, navigations: { Items: "Items[]" } },
    Items: { keys: ["ID"], properties: { ID: "Edm.Int32" } },
  });

  it("has no key for a singleton, and the parent's for a record below another one", async () => {
    stub.handle = () => ({ body: { ID: 1 } });
    const service = stub.service(related);
    await service.read("Orders", undefined);
    await service.createIn("Orders", 7, "Items", { ID: 1 });
    expect(stub.requests).toMatchObject([
      { method: "GET", path: "Orders" },
      { method: "POST", path: "Orders(7)/Items", body: '{"ID":1}' },
    ]);
  });

  it("knows only what the metadata has", async () => {
    const service = stub.service(related);
    await expect(service.read("Secrets", 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(service.createIn("Orders", 7, "Secrets", {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(service.pageAt("Orders", "../OTHER/Orders")).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    expect(stub.requests).toEqual([]);
  });
});

describe("writes", () => {
  it("sends MERGE in v2, or inside a POST where it is asked to", async () => {
    stub.handle = () => ({ status: 204 });
    await stub.service(v2).update("Products", 1, { name: "x" }, { ifMatch: 'W/"1"' });
    await stub.service(v2, { updateMethod: "tunnelled-merge" }).update("Products", 1, { name: "x" });
    await stub.service(v2, { updateMethod: "PATCH" }).update("Products", 1, { name: "x" });
    expect(stub.requests).toMatchObject([
      { method: "MERGE", headers: { "if-match": 'W/"1"' }, body: '{"name":"x"}' },
      { method: "POST", headers: { "x-http-method": "MERGE" } },
      { method: "PATCH" },
    ]);
    expect(stub.requests[1]?.headers).not.toHaveProperty("if-match");
  });

  it("never sends a create again whose answer is lost", async () => {
    stub.answers.push("destroy");
    await expect(stub.service(v2).create("Products", { ID: 1 })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      reconcile: expect.stringContaining("Products"),
    });
    expect(stub.requests).toHaveLength(1);
  });

  it("sends it again with the same RequestID where repeatable requests are configured", async () => {
    const service = stub.service(v2, { repeatableRequests: true });
    const headers = { RepeatabilityResult: "accepted" };
    stub.answers.push("destroy", { status: 201, headers, body: { d: { ID: 1 } } });
    const once = { idempotencyKey: "order 4711", firstSentAtMs: Date.UTC(2026, 10, 26, 10) };
    const created = await service.create("Products", { ID: 1 }, once);
    expect(created.messages).toEqual([]);
    stub.answers.push({ status: 201, body: { d: { ID: 1 } } });
    const again = await service.create("Products", { ID: 1 }, once);
    const sent = stub.requests.map(({ headers }) => [headers.requestid, headers.repeatabilitycreation]);
    expect(sent[0]).toEqual([expect.stringMatching(/^[0-9A-F]{32}$/), "2026-11-26T10:00:00"]);
    expect(sent).toEqual([sent[0], sent[0], sent[0]]);
    expect(again.messages).toMatchObject([{ severity: "warning" }]);
  });

  it("does not take a request that SAP has done before, and has no answer of any more, for one that was refused", async () => {
    const error = { code: "/IWBEP/CM_COS/005", message: { lang: "en", value: "RequestID is outdated" } };
    stub.answers.push({ status: 400, headers: jsonHeaders, body: { error } });
    const created = stub.service(v2, { repeatableRequests: true }).create("Products", { ID: 1 });
    await expect(created).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("Products"),
    });
  });

  it("refuses a key that could not be kept, an ETag that is none, and a record without one", async () => {
    const service = stub.service(v2);
    const code = "VALIDATION_FAILED";
    await expect(service.create("Products", {}, { idempotencyKey: "k" })).rejects.toMatchObject({ code });
    for (const ifMatch of ["", 'W/"1"\r\nx: y', {}])
      await expect(service.update("Products", 1, {}, { ifMatch })).rejects.toMatchObject({ code });
    expect(stub.requests).toEqual([]);
  });

  it("are not sent again by an ETag that the first try may have spent", async () => {
    stub.answers.push("destroy");
    const spent = stub.service(v4).replace("Products", 1, { name: "a" }, { ifMatch: 'W/"1"' });
    await expect(spent).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("Products(1)"),
    });
    stub.answers.push("destroy", { status: 204 });
    await stub.service(v4).replace("Products", 1, { name: "a" }, { ifMatch: "*" });
    expect(stub.requests).toHaveLength(3);
  });

  it("takes a create without content as done, and says where the record is", async () => {
    stub.answers.push({ status: 204, headers: { location: "Products(7)", etag: 'W/"7"' } });
    expect(await stub.service(v4).create("Products", {})).toEqual({
      etag: 'W/"7"',
      location: "Products(7)",
      messages: [],
    });
  });

  it.each([
    ["a page", { status: 201, headers: htmlHeaders, body: html("Proxy") }],
    ["nothing", { status: 201 }],
    ["half a record", { status: 201, body: '{"ID":' }],
  ])("leaves open whether a create was done that is answered by a success with %s", async (_what, answer) => {
    stub.answers.push(answer);
    await expect(stub.service(v4).create("Products", {})).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("Products"),
    });
  });
});

describe("content", () => {
  it("takes a page in HTML for a logon page, unless pages are what is expected", async () => {
    stub.handle = () => ({ headers: htmlHeaders, body: html("Logon") });
    const place = { set: "Products", key: 1 };
    await expect(stub.service(v2).media.download(place)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    const { body } = await stub.service(v2).media.download(place, { mediaType: "text/html" });
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toContain("Logon");
  });

  it("is asked for below the record alone, and under a property that the metadata has", async () => {
    for (const property of ["..", "../..", "ID/x", "Secrets", ""]) {
      const place = { set: "Products", key: 1, property };
      await expect(stub.service(v4).media.download(place)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    expect(stub.requests).toEqual([]);
  });

  it("names the file and its size", async () => {
    const headers = {
      "content-type": "application/pdf",
      "content-length": "3",
      "content-disposition": `inline; filename="x.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf`,
    };
    stub.answers.push({ headers, body: "abc" });
    const content = await stub.service(v2).media.download({ set: "Products", key: 1 });
    expect(content).toMatchObject({ mediaType: "application/pdf", size: 3, fileName: "Größe.pdf" });
    await Array.fromAsync(content.body);
  });

  it("creates a record from content, and tells why content is refused", async () => {
    const content = () => ({
      mediaType: "text/plain",
      body: (async function* () {
        yield Buffer.from("abc");
      })(),
    });
    stub.answers.push({ status: 201, body: { d: { ID: 9 } } });
    const created = await stub.service(v2).media.create("Products", content(), "Größe.txt");
    expect(created).toMatchObject({ record: { ID: 9 } });
    expect(stub.requests[0]).toMatchObject({
      method: "POST",
      path: "Products",
      body: "abc",
      headers: { slug: "Gr%C3%B6%C3%9Fe.txt", "content-type": "text/plain" },
    });
    stub.answers.push({ status: 413, body: { error: { code: "Z/1", message: { value: "Too large" } } } });
    await expect(stub.service(v2).media.replace({ set: "Products", key: 1 }, content())).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "Z/1" },
    });
  });
});
