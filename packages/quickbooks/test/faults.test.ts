import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { faultOf, type StubAnswer, type StubIntuit, useStubs } from "./stub-intuit.js";

const start = useStubs();

const gateway = {
  fault: {
    error: [
      {
        message: "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        detail: "Token expired",
        code: "3200",
      },
    ],
    type: "AUTHENTICATION",
  },
};
const read = ({ connector }: StubIntuit) => connector.read("Invoice", "145");

describe("a fault", () => {
  it.each<[string, number, unknown, string]>([
    [
      "of the wrong company or environment",
      403,
      faultOf("3100", "message=ApplicationAuthenticationFailed"),
      "PERMISSION_DENIED",
    ],
    ["of a user without rights", 403, faultOf("120", "Authorization Failure"), "PERMISSION_DENIED"],
    ["of a lapsed subscription", 400, faultOf("6190", "Invalid Company Status"), "PERMISSION_DENIED"],
    ["of a taken name", 400, faultOf("6240", "Duplicate Name Exists Error"), "CONFLICT"],
    ["of a taken number", 400, faultOf("6140", "Duplicate Document Number Error"), "CONFLICT"],
    ["of closed books", 400, faultOf("6210", "Account Period Closed"), "VENDOR_REJECTED"],
    ["of a missing record", 400, faultOf("610", "Object Not Found"), "NOT_FOUND"],
    ["of a missing field", 400, faultOf("2020", "Required param missing"), "VENDOR_REJECTED"],
    ["of a business rule", 400, faultOf("6000", "A business validation error has occurred"), "VENDOR_REJECTED"],
    ["inside a 200", 200, faultOf("610", "Object Not Found"), "NOT_FOUND"],
    ["of an unknown code", 400, faultOf("99999"), "VENDOR_REJECTED"],
    ["of an unknown code inside a 200", 200, faultOf("99999"), "VENDOR_REJECTED"],
    ["of a system inside a 200", 200, faultOf("10000", "An application error", "SystemFault"), "VENDOR_UNAVAILABLE"],
    [
      "of payments",
      400,
      { errors: [{ code: "PMT-4000", type: "invalid_request", message: "amount is invalid" }] },
      "VENDOR_REJECTED",
    ],
  ])("%s is known, with its intuit_tid", async (_case, status, body, code) => {
    const stub = await start({ status, body });
    await expect(read(stub)).rejects.toMatchObject({ code, vendor: { requestId: "1-abc", status } });
    expect(stub.requests).toHaveLength(1);
  });

  it("of the gateway, in lower case, renews the token once and then says that it is refused", async () => {
    const stub = await start({ status: 401, body: gateway });
    await expect(read(stub)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "3200" } });
    expect(stub.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("of a refused token is followed by a request that waits for its turn, as every other does", async () => {
    const stub = await start({ status: 401, body: gateway }, { body: { Invoice: { Id: "145", SyncToken: "0" } } });
    const limits = { concurrency: 1, callsPerSecond: 1, callsPerMinute: 100, batchesPerMinute: 1 };
    const connector = stub.connect({ limits });
    const begun = stub.clock.now();
    expect(await connector.read("Invoice", "145")).toMatchObject({ Id: "145" });
    expect(stub.clock.now() - begun).toBeGreaterThanOrEqual(1_000);
    await connector.close();
  });

  it("of the wrong company renews no token, even with a 401", async () => {
    const stub = await start({ status: 401, body: faultOf("3100") });
    await expect(read(stub)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(stub.requests).toHaveLength(1);
  });

  const xmlOf = (code: string, message: string, detail = "") => ({
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE">
      <Error code="${code}" element="Line"><Message>${message}</Message><Detail>${detail}</Detail></Error>
    </Fault></IntuitResponse>`,
  });

  it("in XML is known as in JSON: its code, its headline and its element", async () => {
    const stub = await start({ status: 400, ...xmlOf("6140", "Duplicate Number &amp; more: 1001", "of a customer") });
    await expect(read(stub)).rejects.toMatchObject({
      code: "CONFLICT",
      vendor: { code: "6140", message: "Duplicate Number & more", fields: ["Line"] },
    });
  });

  it("in XML inside a 200 is no success", async () => {
    const stub = await start({ status: 200, ...xmlOf("610", "Object Not Found") });
    await expect(read(stub)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("of the wrong cluster, in XML with a 401, renews no token", async () => {
    const stub = await start({ status: 401, ...xmlOf("130", "Accessing Wrong Cluster") });
    await expect(read(stub)).rejects.toMatchObject({ code: "PERMISSION_DENIED", vendor: { code: "130" } });
    expect(stub.requests).toHaveLength(1);
  });

  it("of a throttle, in XML with a 403, is waited for as a 429 is", async () => {
    const throttled = { status: 403, ...xmlOf("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=403") };
    const stub = await start(throttled, { body: { Invoice: { Id: "145", SyncToken: "0" } } });
    const begun = stub.clock.now();
    expect(await read(stub)).toMatchObject({ Id: "145" });
    expect(stub.clock.now() - begun).toBeGreaterThanOrEqual(60_000);
  });

  it("tells neither the token nor what Intuit quotes", async () => {
    const stub = await start({
      status: 400,
      body: faultOf("6240", "Duplicate Name: Jane Doe jane@doe.example 'Jane'"),
    });
    const failure = await read(stub).catch((error: unknown) => error);
    const told = inspect(failure, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    for (const secret of ["token-1", "Jane", "jane@", "details of a customer", "secret"])
      expect(told).not.toContain(secret);
  });
});

describe("an answer", () => {
  it("that is a page with status 200 is no success", async () => {
    const stub = await start({ body: "<html>maintenance</html>", headers: { "content-type": "text/html" } });
    await expect(read(stub)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("that leads elsewhere is not followed", async () => {
    const stub = await start({ status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } });
    await expect(read(stub)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(stub.requests).toHaveLength(1);
  });

  it("of a built-in tax code, which has no SyncToken, is a record", async () => {
    const stub = await start({ body: { TaxCode: { Id: "NON", Name: "NON", Taxable: false } } });
    expect(await stub.connector.read("TaxCode", "NON")).toEqual({ Id: "NON", Name: "NON", Taxable: false });
    expect(stub.requests[0]?.path).toBe("/v3/company/4620816365/taxcode/NON");
  });

  it("with a taken number under 6210 is told from closed books by its words", async () => {
    const stub = await start({ status: 400, body: faultOf("6210", "Duplicate Document Number Error") });
    await expect(read(stub)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("without the record that was asked for is no success", async () => {
    const stub = await start({ body: { Bill: { Id: "1", SyncToken: "0" } } });
    await expect(read(stub)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

describe("a 429", () => {
  const invoice: StubAnswer = { body: { Invoice: { Id: "145", SyncToken: "0" } } };

  it("stops every caller of the company for a minute, and is asked again then", async () => {
    const stub = await start({ status: 429, body: faultOf("3001", "ThrottleExceeded") }, invoice);
    const begun = stub.clock.now();
    await read(stub);
    expect(stub.clock.now() - begun).toBeGreaterThanOrEqual(60_000);
    const other = stub.connect();
    await other.read("Invoice", "145");
    await other.close();
  });

  it("waits as long as Retry-After says", async () => {
    const stub = await start({ status: 429, body: "", headers: { "retry-after": "7" } }, invoice);
    const begun = stub.clock.now();
    await read(stub);
    expect(stub.clock.now() - begun).toBeLessThan(60_000);
  });

  it("that goes on is told in the end", async () => {
    const stub = await start({ status: 429, body: "" });
    await expect(read(stub)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 60_000 });
    expect(stub.requests).toHaveLength(3);
  });

  it("of the month is told apart and not waited for", async () => {
    const stub = await start({ status: 429, body: faultOf("3001", "Monthly CorePlus API call limit exceeded") });
    await expect(read(stub)).rejects.toMatchObject({ code: "QUOTA_EXHAUSTED", retryable: false });
    expect(stub.requests).toHaveLength(1);
  });
});
